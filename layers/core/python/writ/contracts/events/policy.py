"""Freezes and exceptions: what people asked for, and what holds since."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from writ.contracts.action import Name
from writ.contracts.event import EventData, event

Identifier = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64, examples=["year-end-closing"])
]
Owner = Annotated[str, Field(min_length=1, max_length=128, examples=["platform"])]
Person = Annotated[str, Field(min_length=1, max_length=128, examples=["operator"])]
Why = Annotated[str, Field(min_length=1, max_length=200, examples=["The books are closed this week"])]
Rule = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=64, examples=["limit_per_hour"])]
Pattern = Annotated[str, Field(pattern=r'^[^\\"\[\]{}!\x00-\x1f]{1,256}$', examples=["*"])]
Names = Annotated[list[Name], Field(max_length=50, examples=[["release"]])]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class HeldScope(_Part):
    """Bots and actions that a freeze holds; a list that names nothing covers all."""

    bots: Names = Field(default_factory=list)
    actions: Names = Field(default_factory=list)


class WaivedScope(_Part):
    """Globs (`*` and `?`) over bot, action and target, which is matched as `kind:id`."""

    bot: Pattern
    action: Pattern
    target: Pattern


class Repeats(_Part):
    """When a freeze holds again and again, by the wall clock of `zone`.

    `weekly`: from `first` (`fri 16:00`) until `last` (`mon 07:00`). `yearly`: the days from `first` (`12-20`)
    to `last` (`01-02`), both included. `holidays`: every day of the `calendar` of that name.
    """

    kind: Annotated[Literal["weekly", "yearly", "holidays"], Field(examples=["weekly"])]
    zone: Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Berlin"])]
    first: Annotated[str | None, Field(max_length=16, examples=["fri 16:00"])] = None
    last: Annotated[str | None, Field(max_length=16, examples=["mon 07:00"])] = None
    calendar: Annotated[str | None, Field(max_length=64, examples=[None])] = None


class FreezeData(EventData):
    """A freeze: medium and high risk in its scope is held until `ends_at`; `by` asked for it.

    With `repeats` it is held only when that is as well.
    """

    id: Identifier
    scope: HeldScope
    owner: Owner
    reason: Why
    ends_at: AwareDatetime
    by: Person
    repeats: Repeats | None = None


class ExceptionData(EventData):
    """An exception: one rule is waived in one scope until `expires_at`; `by` asked for it."""

    id: Identifier
    rule: Rule
    scope: WaivedScope
    owner: Owner
    reason: Why
    expires_at: AwareDatetime
    by: Person


class Withdrawal(EventData):
    """The end of a freeze or an exception before its time."""

    id: Identifier
    reason: Why
    by: Person


@event("policy")
class FreezeDeclarationRequested(FreezeData):
    """Somebody wants a freeze, from `starts_at` on or at once."""

    starts_at: AwareDatetime | None = None


@event("policy")
class FreezeLiftRequested(Withdrawal):
    """Somebody wants a freeze to end now."""


@event("policy")
class FreezeDeclared(FreezeData):
    """The freeze holds from `starts_at` on."""

    starts_at: AwareDatetime


@event("policy")
class FreezeLifted(Withdrawal):
    """The freeze holds nothing any more."""


@event("policy")
class ExceptionRequested(ExceptionData):
    """Somebody wants a rule waived."""


@event("policy")
class ExceptionRevocationRequested(Withdrawal):
    """Somebody wants an exception to end now."""


@event("policy")
class ExceptionGranted(ExceptionData):
    """The rule is waived."""


@event("policy")
class ExceptionRevoked(Withdrawal):
    """The exception waives nothing any more."""


GateRule = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}/[a-z][a-z0-9-]{0,47}$", examples=["licences/unknown"])
]
Versions = Annotated[str, Field(min_length=1, max_length=256, examples=["vers:pypi/>=1.0|<2.0"])]


class GateScopeData(_Part):
    """Globs (`*` and `?`) over repository, path and package URL, and a VERS range of versions or `*`."""

    repository: Pattern
    path: Pattern
    component: Pattern
    versions: Versions


class GateExceptionData(EventData):
    """An exception to one rule of a gate in one scope until `expires_at`; `by` asked for it."""

    id: Identifier
    rule: GateRule
    scope: GateScopeData
    owner: Owner
    reason: Why
    expires_at: AwareDatetime
    by: Person


@event("policy")
class GateExceptionRequested(GateExceptionData):
    """Somebody wants a rule of a gate waived."""


@event("policy")
class GateExceptionRevocationRequested(Withdrawal):
    """Somebody wants an exception to a rule of a gate to end now."""


@event("policy")
class GateExceptionGranted(GateExceptionData):
    """The rule of the gate is waived."""


@event("policy")
class GateExceptionRevoked(Withdrawal):
    """The exception to a rule of a gate waives nothing any more."""


@event("policy")
class ExceptionExpiring(EventData):
    """An exception, to a rule for actions or for gates, ends within `hours`."""

    id: Identifier
    rule: Annotated[str, Field(max_length=80, examples=["licences/unknown"])]
    owner: Owner
    expires_at: AwareDatetime
    hours: Annotated[int, Field(ge=0, examples=[168])]
