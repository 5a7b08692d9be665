"""A migration as a value: which stage it is in, how far its sweep is, and what was done for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from writ.contracts.action import Name
from writ.migration.changes import Mode
from writ.migration.document import Migration


class Value(BaseModel):
    """Immutable, and refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Stage(StrEnum):
    """Where a migration is. The first six lead on, the others back."""

    SURVEY = "survey"
    EXPAND = "expand"
    BACKFILL = "backfill"
    SWITCH = "switch"
    LEAVE = "leave"
    CONTRACT = "contract"
    REJOIN = "rejoin"
    RESTORE = "restore"
    RETURN = "return"
    RETRACT = "retract"
    CLEAN = "clean"


# Stages that go through the table, and what they do to its items.
SWEEPS: Final[Mapping[Stage, Mode]] = {
    Stage.SURVEY: Mode.SURVEY,
    Stage.BACKFILL: Mode.FILL,
    Stage.CONTRACT: Mode.DROP,
    Stage.RESTORE: Mode.RESTORE,
    Stage.CLEAN: Mode.CLEAN,
}
# Stages that turn a flag, and to what: those on the way back only ever take a behaviour away.
TURNS: Final[Mapping[Stage, tuple[Literal["both", "reads", "only"], bool]]] = {
    Stage.EXPAND: ("both", True),
    Stage.SWITCH: ("reads", True),
    Stage.LEAVE: ("only", True),
    Stage.REJOIN: ("only", False),
    Stage.RETURN: ("reads", False),
    Stage.RETRACT: ("both", False),
}
# The steps that a person declares a reverse for, by the stages that they are made of.
STEPS: Final[Mapping[Stage, str]] = {
    Stage.EXPAND: "expand",
    Stage.BACKFILL: "backfill",
    Stage.SWITCH: "switch",
    Stage.LEAVE: "contract",
    Stage.CONTRACT: "contract",
}


class Ending(StrEnum):
    """How a migration ended."""

    SURVEYED = "surveyed"
    DONE = "done"
    REVERSED = "reversed"
    ABORTED = "aborted"


class Counts(Value):
    """What a sweep came to so far. `contended`: somebody else kept writing the item."""

    scanned: int = 0
    changed: int = 0
    same: int = 0
    unfit: int = 0
    contended: int = 0
    occupied: int = 0

    def plus(self, other: Self) -> Self:
        return type(self)(
            **{name: getattr(self, name) + getattr(other, name) for name in type(self).model_fields}
        )


class Segment(Value):
    """How far a segment of the scan is: the key it goes on from, none at the beginning and at the end."""

    after: dict[str, JsonValue] | None = None
    done: bool = False


class Sample(Value):
    """An item before and after, its letters and digits masked."""

    before: dict[str, str]
    after: dict[str, str]


class Sweep(Value):
    """One way through the table. `next_at` is when the next batch may begin, by the pace asked for."""

    mode: Mode
    number: int = 1
    segments: tuple[Segment, ...]
    counts: Counts = Counts()
    before: Counts = Counts()
    samples: tuple[Sample, ...] = ()
    unfit: tuple[str, ...] = ()
    batches: int = 0
    next_at: AwareDatetime | None = None

    @property
    def through(self) -> bool:
        """Whether every segment came to its end."""
        return all(segment.done for segment in self.segments)

    @property
    def clean(self) -> bool:
        """Whether this way through the table found nothing left to do; the first one only looks once."""
        settled = not self.counts.changed and not self.counts.contended
        return self.through and (self.mode is Mode.SURVEY or (self.number > 1 and settled))

    def following(self) -> int:
        """The segment whose turn it is: the first that is not done."""
        return next(place for place, segment in enumerate(self.segments) if not segment.done)

    @classmethod
    def begin(cls, mode: Mode, segments: int) -> Self:
        return cls(mode=mode, segments=(Segment(),) * segments)

    def again(self) -> Self:
        """The next way through the table, after one that changed something."""
        return type(self)(
            mode=self.mode,
            number=self.number + 1,
            segments=(Segment(),) * len(self.segments),
            before=self.before.plus(self.counts),
            samples=self.samples,
            batches=self.batches,
            next_at=self.next_at,
        )


class Pause(Value):
    """Why nothing is done at present. `code` is given where the bot itself stopped."""

    by: str
    reason: str
    at: AwareDatetime
    code: str | None = None


class Mark(Value):
    """A stage that was entered, and how it ended; None while it goes on."""

    stage: Stage
    at: AwareDatetime
    action: str
    ended_at: AwareDatetime | None = None
    counts: Counts | None = None


class Told(Value):
    """What an action left behind, for the attempt that comes after it died."""

    action: str
    observed: dict[str, JsonValue]


class Asked(Value):
    """The action that last asked for the flag of a stage, and when."""

    action: str
    at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked: the name that others may read, and the id that tells two of one name apart."""

    name: str = ""
    id: str = ""


class After(Value):
    """What is to follow a reversal: the service goes back to a release that can read again, `then` others."""

    service: Name
    release: str | None = None
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    then: tuple[Name, ...] = ()


class Record(Value):
    """A migration. `seq` counts transitions, each of which is decided on the one before.

    `version` grows with every write. `epoch` grows whenever nothing that was begun before may be written any
    more: with every stage, pause, abort and reversal; each write of an item is conditional on it. `run` is
    the attempt of the flow that drives it; an earlier one has been replaced. `turned_at` is when the flag of
    the stage was first seen to be so for everybody; None until then, and where the stage has no flag, which
    `asked` is of as well. `told` is what the last moves left behind, `obeyed` what the last commands did.
    `by` and `by_id` are those of Asker; the id is forgotten when it is over.
    """

    id: str
    document: Migration
    key: tuple[str, ...]
    by: str = ""
    by_id: str = ""
    dry_run: bool = False
    started_at: AwareDatetime
    version: int = 1
    epoch: int = 1
    seq: int = 0
    run: int = 1
    stage: Stage = Stage.SURVEY
    stage_at: AwareDatetime
    turned_at: AwareDatetime | None = None
    asked: Asked | None = None
    expanded_at: AwareDatetime | None = None
    sweep: Sweep | None = None
    items: int | None = None
    pause: Pause | None = None
    back: str | None = None
    then: After | None = None
    final: Ending | None = None
    ended_at: AwareDatetime | None = None
    marks: tuple[Mark, ...] = ()
    told: tuple[Told, ...] = ()
    obeyed: tuple[Told, ...] = ()

    @property
    def begun(self) -> frozenset[Stage]:
        """The stages that were entered."""
        return frozenset(mark.stage for mark in self.marks)

    @property
    def since(self) -> datetime:
        """From when the waits of the stage count: from its flag on, where it has one that was seen."""
        return self.turned_at or self.stage_at

    @property
    def flag(self) -> tuple[str, bool] | None:
        """The flag of the stage, and whether it is to be on; None where the stage has none."""
        return self.flag_of(self.stage)

    def flag_of(self, stage: Stage) -> tuple[str, bool] | None:
        """The same for another stage."""
        if stage not in TURNS:
            return None
        which, on = TURNS[stage]
        name: str | None = getattr(self.document.flags, which)
        return None if name is None else (name, on)

    def after(self, **changes: Any) -> Self:
        """The record as it is written next."""
        return self.model_copy(update={**changes, "version": self.version + 1})

    def said(self, action: str) -> Mapping[str, JsonValue] | None:
        """What an action left behind, if it came so far."""
        traces = (*self.obeyed, *self.told)
        return next((trace.observed for trace in reversed(traces) if trace.action == action), None)

    def entered(self, stage: Stage) -> Mark | None:
        """The last time a stage was entered."""
        return next((mark for mark in reversed(self.marks) if mark.stage is stage), None)
