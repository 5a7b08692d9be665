"""What gates found in a repository, as whoever ran them says, and as it is recorded."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from writ.contracts.action import Name
from writ.contracts.event import EventData, event
from writ.contracts.events.fields import Commit, Count, Sha256

Repository = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}(/[A-Za-z0-9._-]{1,100})?$", examples=["acme/shop"])
]
Rule = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}/[a-z][a-z0-9-]{0,47}$", examples=["licences/unknown"])
]
VerdictWord = Literal["allow", "deny", "review", "unknown"]
Person = Annotated[str, Field(min_length=1, max_length=128, examples=["ci"])]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class GateOutcome(_Part):
    """One gate: its verdict, none where it had nothing to decide on.

    `digest` is that of policies which the repository itself brought, where it did.
    """

    gate: Annotated[Name, Field(examples=["licences"])]
    verdict: VerdictWord | None = None
    violations: Count
    waived: Count
    digest: Sha256 | None = None


class GateViolation(_Part):
    """A violation without its words, which may quote what must not leave; `line` counts from 1."""

    rule: Rule
    effect: Annotated[Literal["deny", "unknown", "review", "note"], Field(examples=["deny"])]
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["0a" * 16])]
    path: Annotated[str, Field(min_length=1, max_length=300, examples=["src/shop/cart.py"])] | None = None
    line: Annotated[int, Field(ge=1, le=2**31 - 1, examples=[7])] | None = None


class GateRun(_Part):
    """A run of gates over one state of a repository. `report` is the SHA-256 of the whole report.

    `bundle` is the digest of the policies that decided, `total` how many violations there are; the first
    are listed. `exceptions` are the ids of those that were used.
    """

    repository: Repository
    commit: Commit | None = None
    base: Commit | None = None
    at: AwareDatetime
    verdict: VerdictWord
    bundle: Sha256
    report: Sha256
    gates: Annotated[list[GateOutcome], Field(max_length=50)]
    violations: Annotated[list[GateViolation], Field(max_length=200)]
    total: Count
    exceptions: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=200)]


class GateResult(GateRun, EventData):
    """A run of gates, and by whom."""

    by: Person


@event("gates")
class GateResultReported(GateResult):
    """Somebody ran gates, in CI say, and says what they found."""


@event("gates")
class GateResultRecorded(GateResult):
    """The result is in the ledger. `current` is whether the policies were those that the plane decides by."""

    current: bool
