"""What a manifest says of an action: the part of it that a function needs as well."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from writ.contracts.action import Risk


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Limits(_Part):
    """Safety limits of one action; policy enforces them, whatever the bot asks for."""

    per_hour: Annotated[int, Field(ge=1)] | None = None
    per_target_per_hour: Annotated[int, Field(ge=1)] | None = None
    blast_radius: Annotated[int, Field(ge=1)] = 1


class ActionSpec(_Part):
    """An action a bot may take: its risk class decides between allow, limits and review."""

    risk: Risk
    summary: str = ""
    limits: Limits = Field(default_factory=Limits)
    approval_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 72
