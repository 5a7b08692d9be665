"""What callers may send: strict, and free of secrets before anything keeps it."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
)

from writ.contracts.action import Name
from writ.contracts.redaction import redact_text
from writ.policy.break_glass import LONGEST_MINUTES
from writ.policy.controls import RULE, ExceptionScope, GateScope
from writ.policy.holidays import Identifier
from writ.policy.recurrence import Weekly, Yearly

LONGEST_REASON: Final = 200


def _rfc3339(value: object) -> object:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d", value, re.ASCII):
        raise ValueError("not an RFC 3339 time with its offset")
    return value


def _whole_seconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _said(text: str) -> str:
    return redact_text(text)[:LONGEST_REASON]


Instant = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(_whole_seconds)]
Rule = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=64)]
Team = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
Why = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON),
    AfterValidator(_said),
]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class HeldScope(_Body):
    """Bots and actions; a list that names nothing covers all."""

    bots: Annotated[list[Name], Field(max_length=50)] = Field(default_factory=list)
    actions: Annotated[list[Name], Field(max_length=50)] = Field(default_factory=list)


class NewHolidays(_Body):
    """Every holiday of a calendar of the policies, by its name."""

    kind: Literal["holidays"]
    zone: Annotated[str, Field(min_length=1, max_length=64)]
    calendar: Identifier


class NewFreeze(_Body):
    """A freeze to declare; without `starts_at` it begins at once."""

    id: Identifier
    scope: HeldScope
    owner: Team
    reason: Why
    starts_at: Instant | None = None
    ends_at: Instant
    repeats: Annotated[Weekly | Yearly | NewHolidays, Field(discriminator="kind")] | None = None


class NewException(_Body):
    """An exception to ask for."""

    id: Identifier
    rule: Rule
    scope: ExceptionScope
    owner: Team
    reason: Why
    expires_at: Instant


class NewGateException(_Body):
    """An exception to a rule of a gate to ask for."""

    id: Identifier
    rule: Annotated[str, Field(pattern=RULE)]
    scope: GateScope
    owner: Team
    reason: Why
    expires_at: Instant


class NewBreakGlass(_Body):
    """Rules to override, where, and for how many minutes from the second approval on."""

    id: Identifier
    rules: Annotated[list[Rule], Field(min_length=1, max_length=10)]
    scope: ExceptionScope
    owner: Team
    reason: Why
    minutes: Annotated[StrictInt, Field(ge=1, le=LONGEST_MINUTES)] = 60


class Reason(_Body):
    """Why something ends, is approved or was found good; where there is no body, a query parameter."""

    reason: Why
