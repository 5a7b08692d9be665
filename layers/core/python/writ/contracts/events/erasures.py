"""Erasures and legal holds: what people asked for, and what is done since. None of it names the person."""

from typing import Annotated, Literal

from pydantic import Field

from writ.contracts.event import EventData, event

Ref = Annotated[str, Field(pattern=r"^ds-[0-9a-f]{32}$", examples=["ds-0123456789abcdef0123456789abcdef"])]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64, examples=["case-4711"])]
Why = Annotated[str, Field(min_length=1, max_length=200, examples=["Asked for under article 17 GDPR"])]
HoldScope = Annotated[
    str,
    Field(
        pattern=r"^(everything|ds-[0-9a-f]{32}|https://[!-~]{1,200})$",
        examples=["everything"],
    ),
]


@event("erasures")
class ErasureRequested(EventData):
    """Somebody wants what evidence says of a data subject erased; `subject` refers to the subject's key."""

    subject: Ref
    reason: Why


@event("erasures")
class ErasureAdvanced(EventData):
    """An erasure that was begun has come to a stage; `after` is the last entry that was prepared."""

    subject: Ref
    stage: Literal["prepare", "destroy", "erase", "finish"]
    after: Annotated[str, Field(max_length=128, examples=["act-0123456789abcdef0123456789abcdef.intent"])] = (
        ""
    )


@event("erasures")
class HoldRequested(EventData):
    """Somebody wants nothing erased: of a data subject, of a predicate type, or at all."""

    id: Identifier
    scope: HoldScope
    reason: Why


@event("erasures")
class HoldLiftRequested(EventData):
    """Somebody wants a legal hold to end."""

    id: Identifier
    reason: Why


@event("erasures")
class PayloadsErased(EventData):
    """Payloads are gone for good; the statement `erasure` in the log names their leaves."""

    of: Annotated[str, Field(min_length=1, max_length=128, examples=["ds-0123456789abcdef0123456789abcdef"])]
    cause: Literal["request", "retention"]
    entries: Annotated[int, Field(ge=0, examples=[12])]
    erasure: Annotated[str, Field(max_length=128, examples=["ds-0123456789abcdef0123456789abcdef.erasure"])]


@event("erasures")
class HoldPlaced(EventData):
    """A legal hold is in force."""

    id: Identifier
    scope: HoldScope


@event("erasures")
class HoldLifted(EventData):
    """A legal hold is over."""

    id: Identifier
    scope: HoldScope
