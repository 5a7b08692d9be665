"""Break-glass: what people asked for, who opened it, and whether somebody looked at it afterwards."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from writ.contracts.event import EventData, event
from writ.contracts.events.policy import Owner, Person, Rule, WaivedScope

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64, examples=["outage-4711"])]
PersonId = Annotated[str, Field(min_length=1, max_length=128, examples=["6f1c2a3e-operator"])]
Why = Annotated[str, Field(min_length=1, max_length=200, examples=["Checkout is down, the fix is ready"])]
Rules = Annotated[list[Rule], Field(min_length=1, max_length=10, examples=[["freeze"]])]
Minutes = Annotated[int, Field(ge=1, le=240, examples=[60])]


class BreakGlassControl(EventData):
    """`person` is the id of whoever asks for this, `by` the name."""

    id: Identifier
    reason: Why
    by: Person
    person: PersonId


@event("policy")
class BreakGlassRequested(BreakGlassControl):
    """Somebody wants rules overridden in one scope, for minutes from the second approval on."""

    rules: Rules
    scope: WaivedScope
    owner: Owner
    minutes: Minutes


@event("policy")
class BreakGlassApprovalGiven(BreakGlassControl):
    """Somebody else agrees to it; the second one opens it."""


@event("policy")
class BreakGlassCloseRequested(BreakGlassControl):
    """Somebody wants it to end before its time."""


@event("policy")
class BreakGlassReviewGiven(BreakGlassControl):
    """Somebody who had no part in it looked at what was done; `reason` is what he found."""


class BreakGlassNews(EventData):
    id: Identifier
    owner: Owner
    reason: Why
    by: Person


@event("policy")
class BreakGlassAsked(BreakGlassNews):
    """Two others are asked whether rules may be overridden."""

    rules: Rules
    scope: WaivedScope
    minutes: Minutes


@event("policy")
class BreakGlassOpened(BreakGlassNews):
    """Rules are overridden until `expires_at`, by the word of `approvers`; a review is due by `review_by`."""

    rules: Rules
    scope: WaivedScope
    approvers: Annotated[list[Person], Field(min_length=2, max_length=2, examples=[["ann", "bob"]])]
    expires_at: AwareDatetime
    review_by: AwareDatetime


@event("policy")
class BreakGlassClosed(BreakGlassNews):
    """The rules hold again."""


@event("policy")
class BreakGlassReviewed(BreakGlassNews):
    """Somebody who had no part in it looked at what was done; `reason` is what he found."""


@event("policy")
class BreakGlassReviewOverdue(EventData):
    """Nobody has looked at what was done, and the time for it is over."""

    id: Identifier
    owner: Owner
    review_by: AwareDatetime
    hours: Annotated[int, Field(ge=0, examples=[5])]
