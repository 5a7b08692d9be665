"""Break-glass: rules overridden for minutes by two people who did not ask, and looked at afterwards. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from writ.policy.controls import ExceptionScope, Text
from writ.policy.holidays import Identifier, Label

APPROVALS: Final = 2
LONGEST_MINUTES: Final = 240
ANSWER_WITHIN: Final = timedelta(hours=1)
REVIEW_WITHIN: Final = timedelta(hours=72)
# A request that lapsed and one that was reviewed need no attention; both are in the ledger.
KEPT_AFTER: Final = timedelta(days=7)


class Stage(StrEnum):
    """ASKED: waits for approvals. LAPSED: did not get them in time. OPEN: overrides.

    UNREVIEWED, OVERDUE: over, and nobody has looked at it yet. REVIEWED: somebody did.
    """

    ASKED = "asked"
    LAPSED = "lapsed"
    OPEN = "open"
    UNREVIEWED = "unreviewed"
    OVERDUE = "overdue"
    REVIEWED = "reviewed"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Word(_Part):
    """What a person said: `person` is an id, `by` a name."""

    person: Label
    by: Label
    at: AwareDatetime
    reason: Text


class BreakGlass(_Part):
    """One break-glass from request to review; `ends_at` is set by the last approval."""

    id: Identifier
    rules: Annotated[tuple[Label, ...], Field(min_length=1, max_length=10)]
    scope: ExceptionScope
    owner: Label
    minutes: Annotated[int, Field(ge=1, le=LONGEST_MINUTES)]
    asked: Word
    approvals: Annotated[tuple[Word, ...], Field(max_length=APPROVALS)] = ()
    ends_at: AwareDatetime | None = None
    review: Word | None = None

    @property
    def answer_by(self) -> datetime:
        return self.asked.at + ANSWER_WITHIN

    @property
    def review_by(self) -> datetime | None:
        return None if self.ends_at is None else self.ends_at + REVIEW_WITHIN

    @property
    def people(self) -> frozenset[str]:
        """Who had a part in it: whoever asked, and whoever approved."""
        return frozenset({self.asked.person, *(word.person for word in self.approvals)})

    def stage(self, now: datetime) -> Stage:
        """Where it stands at an instant."""
        if self.review is not None:
            return Stage.REVIEWED
        if self.ends_at is None or self.review_by is None:
            return Stage.ASKED if now < self.answer_by else Stage.LAPSED
        if now < self.ends_at:
            return Stage.OPEN
        return Stage.UNREVIEWED if now < self.review_by else Stage.OVERDUE

    def kept(self, now: datetime) -> bool:
        """Whether it is still of interest; one that waits for its review always is."""
        last = self.review.at if self.review else self.answer_by
        return self.stage(now) not in (Stage.LAPSED, Stage.REVIEWED) or now < last + KEPT_AFTER


_GLASSES: Final = TypeAdapter(list[BreakGlass])


def open_facts(items: Sequence[Mapping[str, Any]], now: datetime) -> list[dict[str, Any]] | None:
    """The `break_glass` facts at an instant; None where the items cannot be read, so `unknown`."""
    if not items:
        return []
    try:
        glasses = _GLASSES.validate_python(list(items))
    except ValidationError:
        return None
    return [
        {
            "id": glass.id,
            "rules": list(glass.rules),
            "scope": glass.scope.model_dump(),
            "asked_by": glass.asked.person,
            "approvers": [word.person for word in glass.approvals],
            "ends_at": glass.ends_at,
        }
        for glass in glasses
        if glass.stage(now) is Stage.OPEN
    ]
