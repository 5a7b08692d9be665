"""A rollout as a value: where it is, what it wants of the aliases, and the trail of what was done for it."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field

from writ.contracts.action import Name
from writ.rollout.plan import Group, Plan, Release, Value
from writ.rollout.signals import Watch


class Kind(StrEnum):
    """What one transition does."""

    START = "start"
    SHIFT = "shift"
    HOOK = "hook"
    GATE = "gate"
    PROMOTE = "promote"
    REVERT = "revert"
    CLOSE = "close"


class End(StrEnum):
    """How an entry of the trail, or a whole rollout, ended."""

    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Result(StrEnum):
    """Which release has everything at the end."""

    PROMOTED = "promoted"
    REVERTED = "reverted"


class Goal(Value):
    """What every alias of the group is to be: a release at 1 - weight, and the other one at `weight`."""

    candidate: Annotated[float, Field(ge=0, le=1)]


BASELINE: Goal = Goal(candidate=0.0)
CANDIDATE: Goal = Goal(candidate=1.0)


class Entry(Value):
    """One transition: who did what and why, and how it ended; None while it is going on."""

    seq: int
    kind: Kind
    by: str
    action: str
    goal: Goal
    reason: str
    at: AwareDatetime
    ended_at: AwareDatetime | None = None
    end: End | None = None


class Rollout(Value):
    """A rollout, or a rollback: the same machine with another plan.

    `seq` counts transitions; each is decided on the one before. `stage` is the step whose weight is wanted:
    -1 before the first, and the number of steps once everything is. `applied_at` is when every alias of the
    group had the goal, None until then. `driver` is the bot that decides the next transition. `way` is back
    where the candidate is an earlier release that is known to be good: such a rollout is never reverted.
    `by` is the name of who asked, without personal data; `by_id` is the id that tells two of one name apart.
    """

    id: str
    group: Group
    baseline: Release
    candidate: Release
    plan: Plan
    watch: Watch
    driver: Literal["canary", "rollback"]
    way: Literal["forward", "back"] = "forward"
    started_at: AwareDatetime
    by: str = ""
    by_id: str = ""
    repository: str | None = None
    pull_request: int | None = None
    then: tuple[Name, ...] = ()
    seq: int = 0
    stage: int = -1
    goal: Goal = BASELINE
    goal_at: AwareDatetime
    applied_at: AwareDatetime | None = None
    hooks: tuple[str, ...] = ()
    gates: tuple[int, ...] = ()
    stop: str | None = None
    healthy: bool | None = None
    final: Result | None = None
    closed_at: AwareDatetime | None = None
    trail: tuple[Entry, ...] = ()

    @property
    def promoting(self) -> bool:
        return self.goal == CANDIDATE

    @property
    def reverting(self) -> bool:
        return self.stage >= 0 and self.goal == BASELINE

    def after(self, **changes: Any) -> Self:
        """The rollout with some fields changed."""
        return self.model_copy(update=changes)

    def entry_of(self, action: str) -> Entry | None:
        """The transition that an action made, if it did."""
        return next((entry for entry in reversed(self.trail) if entry.action == action), None)

    def settling(self) -> str | None:
        """The action that closed it: its outcome says which release was found healthy."""
        last = self.trail[-1] if self.trail else None
        return last.action if last is not None and last.kind is Kind.CLOSE else None


class Guard(Value):
    """A promoted release that is still watched, by its rollout, and until when."""

    rollout: str
    until: AwareDatetime


class Row(Value):
    """The row of a service: its lock, and what holds it.

    `version` grows with every write of the row and never falls, so it is the fencing token as well: whoever
    wrote later has the higher one, and an alias that carries it refuses what is older. `worker` is the action
    whose attempt is at work, until `lease_until`; after that it is taken for dead. `guard` is of the last
    rollout, and there is none while another is open.

    Source: M. Kleppmann, How to do distributed locking, 2016, "Making the lock safe with fencing".
    """

    service: Name
    version: int = 0
    number: int = 0
    group: Group | None = None
    watch: Watch | None = None
    release: Release | None = None
    rollout: Rollout | None = None
    guard: Guard | None = None
    worker: str | None = None
    lease_until: AwareDatetime | None = None

    def after(self, **changes: Any) -> Self:
        """The row as it is written next."""
        return self.model_copy(update={**changes, "version": self.version + 1})


def word(rollout: Rollout) -> str:
    """The state of a rollout in one word for people."""
    if rollout.final is not None:
        return rollout.final.value
    if rollout.reverting or rollout.stop is not None:
        return "reverting" if rollout.way == "forward" else "going back"
    if rollout.promoting:
        return "baking" if rollout.applied_at is not None else "promoting"
    return "starting" if rollout.stage < 0 else "watching" if rollout.applied_at is not None else "shifting"


def service_of(rollout_id: str) -> str:
    """The service that an id names: `shop-17` is the 17th of `shop`."""
    return rollout_id.rpartition("-")[0]


def seconds(count: int) -> timedelta:
    """A time span."""
    return timedelta(seconds=count)
