"""What people ask of feature flags, what came of it, and which flags outlived their use."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from writ.contracts.action import Name
from writ.contracts.event import EventData, event

FlagName = Annotated[Name, Field(examples=["graph-queries"])]
Person = Annotated[str, Field(min_length=1, max_length=128, examples=["operator"])]
Why = Annotated[str, Field(min_length=1, max_length=200, examples=["Half of the tenants next"])]
Percent = Annotated[int, Field(ge=0, le=100, examples=[50])]
Tenants = Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=100)]


class FlagControl(EventData):
    flag: FlagName
    by: Person
    reason: Why


@event("flags")
class FlagChangeRequested(FlagControl):
    """Somebody wants other tenants to have the behaviour; what is absent stays as it is."""

    percent: Percent | None = None
    on_for: Tenants | None = None
    off_for: Tenants | None = None


@event("flags")
class FlagKillRequested(FlagControl):
    """Somebody wants the flag off for everybody, now."""


@event("flags")
class FlagChanged(FlagControl):
    """The named tenants and this share of the others have the behaviour."""

    percent: Percent
    on_for: Tenants
    off_for: Tenants


@event("flags")
class FlagKilled(FlagControl):
    """Nobody has the behaviour any more."""


class FlagDebt(BaseModel):
    """One flag and why it should go."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    flag: FlagName
    owner: Annotated[Name, Field(examples=["platform"])]
    kind: Annotated[Literal["expired", "full", "no_owner", "unused"], Field(examples=["expired"])]
    days: Annotated[int, Field(ge=0, examples=[12])]
    message: Annotated[str, Field(min_length=1, max_length=300, examples=["expired 12 days ago"])]


@event("flags")
class FlagDebtReported(EventData):
    """The flags that outlived their use, of all that there are; `items` may be empty."""

    flags: Annotated[int, Field(ge=0, examples=[7])]
    items: Annotated[list[FlagDebt], Field(max_length=500)]
