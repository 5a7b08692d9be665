"""A migration as somebody writes it down: what becomes of the items of a table, and what must hold before."""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from writ.contracts.action import Name
from writ.contracts.errors import MisfitError
from writ.migration.changes import Change, Delete, dropped, problem

MAX_CHANGES: Final = 20

MigrationId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
TableName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{3,255}$")]
_Seconds = Annotated[int, Field(ge=0, le=30 * 86_400)]
_Reverse = Literal["undo", "leave", "none"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Metric(_Part):
    """A count in CloudWatch that the application writes, zeros included."""

    namespace: Annotated[str, Field(pattern=r"^[^:][A-Za-z0-9._/#:-]{0,254}$")]
    name: Annotated[str, Field(pattern=r"^[!-~]{1,255}$")]
    dimensions: Annotated[dict[str, str], Field(max_length=10)] = {}


class Flags(_Part):
    """Flags of the catalogue that the application asks; without one, its stage is told by event and route.

    `both`: it writes both shapes. `reads`: it reads the new one. `only`: it writes the new one alone.
    """

    both: Name | None = None
    reads: Name | None = None
    only: Name | None = None


class Reverse(_Part):
    """How each step is taken back: undone, left as it is, which the old version does not mind, or not at all.

    From a step that is taken back by `none` there is no way back.
    """

    backfill: _Reverse = "undo"
    switch: Literal["undo", "none"] = "undo"
    contract: Literal["undo", "none"] = "none"


class Guards(_Part):
    """What must hold.

    `expand_age_s`: how long the application has to write both shapes before the backfill, longer than its
    oldest version lives. `settle_s`: how long a flag takes to reach everybody. `old_reads`: the count of
    reads of the old shape; it has to be known and zero over `quiet_s` before the contract. `max_items`,
    `max_unfit`: how many items the table may have, and how many of them no change can read.
    """

    expand_age_s: _Seconds = 3600
    settle_s: Annotated[int, Field(ge=0, le=86_400)] = 120
    old_reads: Metric | None = None
    quiet_s: Annotated[int, Field(ge=1, le=7 * 86_400)] = 3600
    max_items: Annotated[int, Field(ge=0, le=10**10)] = 1_000_000
    max_unfit: Annotated[int, Field(ge=0, le=10**6)] = 0


class Pace(_Part):
    """How fast: items a second at most, items a batch, and the segments that a table is scanned in."""

    items_per_s: Annotated[int, Field(ge=1, le=10_000)] = 100
    batch: Annotated[int, Field(ge=1, le=1_000)] = 200
    segments: Annotated[int, Field(ge=1, le=64)] = 4


class Migration(_Part):
    """The document. `release` is the first release of the service that reads the new shape.

    `contract`: whether the old shape is taken away at the end; else both stay.
    """

    id: MigrationId
    service: Name
    table: TableName
    changes: Annotated[tuple[Change, ...], Field(min_length=1, max_length=MAX_CHANGES)]
    contract: bool = True
    release: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$")] | None = None
    reverse: Reverse = Field(default_factory=Reverse)
    flags: Flags = Field(default_factory=Flags)
    guards: Guards = Field(default_factory=Guards)
    pace: Pace = Field(default_factory=Pace)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = problem(self.changes)
        if found is not None:
            raise MisfitError(f"changes.{found[0]}", found[1])
        if self.contract and not dropped(self.changes):
            raise MisfitError("contract", "no change takes anything away: say contract: false")
        if not self.contract and any(isinstance(change, Delete) for change in self.changes):
            raise MisfitError("contract", "delete is what the contract does: say contract: true")
        if self.reverse.contract == "undo" and any(isinstance(one, Delete) for one in self.changes):
            raise MisfitError("reverse.contract", "what delete removes cannot be brought back")
        if self.contract and self.guards.old_reads is None:
            raise MisfitError("guards.old_reads", "the contract needs proof that nobody reads the old shape")
        return self

    def touches(self) -> frozenset[str]:
        """Every attribute that a change writes or removes."""
        return frozenset({*(change.target for change in self.changes), *dropped(self.changes)})


def no_table(name: str) -> str:
    """What is said of a table that is not there, or that is not a service's: IAM does not tell which."""
    begin = "the names of those begin with the setting services (service-)"
    return f"there is no table {name} of a service: {begin}"
