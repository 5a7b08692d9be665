"""An incident: a release that had to be taken back."""

from collections.abc import Sequence
from typing import Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Incident(BaseModel):
    """One a rollout, whose id it has. `major` where what it was taken back to is not known to be healthy.

    `from_release` was taken back, and `to_release` has everything since; None where that is not known, and
    for a release that was left as it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str
    service: str
    severity: Literal["minor", "major"]
    reason: str
    from_release: str | None = None
    to_release: str | None = None
    opened_at: AwareDatetime
    action: str


class Incidents(Protocol):
    """Incidents by id."""

    def get(self, id: str) -> Incident | None:
        """Strongly consistent."""

    def all(self) -> Sequence[Incident]:
        """Every one, the newest first; one that was opened just now may be missing."""

    def open(self, incident: Incident) -> None:
        """Keep an incident; one that is kept already stays as it is."""
