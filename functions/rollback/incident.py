"""An incident: a release that had to be taken back."""

from typing import Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Incident(BaseModel):
    """One a rollout, whose id it has. `major` where what it was taken back to is not known to be healthy."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str
    service: str
    severity: Literal["minor", "major"]
    reason: str
    opened_at: AwareDatetime
    action: str


class Incidents(Protocol):
    """Incidents by id."""

    def get(self, id: str) -> Incident | None:
        """Strongly consistent."""

    def open(self, incident: Incident) -> None:
        """Keep an incident; one that is kept already stays as it is."""
