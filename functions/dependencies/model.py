"""What the dependencies bot keeps and goes by: bumps, their members, what is held back, alerts."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from writ.contracts.action import Sha256
from writ.dependencies.bisect import Result, Subset

Text = Annotated[str, Field(max_length=500)]
State = Literal["open", "merged", "closed", "withdrawn"]
Ecosystem = Literal["pypi", "npm", "github"]
# Of the sets that people closed; more than this ago, one may come back.
DECLINED = 50


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Member(_Value):
    """A package on its way from one version to another; `published_at` is when the latter was."""

    ecosystem: Ecosystem
    name: Text
    current: Text
    version: Text
    change: Literal["patch", "minor", "major"]
    published_at: AwareDatetime
    advisories: tuple[Text, ...] = ()

    @property
    def package(self) -> str:
        return f"{self.ecosystem}/{self.name}"

    @property
    def id(self) -> str:
        """The step, see writ.dependencies.model.Update."""
        return f"{self.package} {self.current}>{self.version}"

    @property
    def held_key(self) -> str:
        return f"{self.package} {self.version}"


class Proposal(_Value):
    """A group as it would be proposed now. `content` stands for what its files would be, on this base."""

    group: Text
    branch: Text
    members: Annotated[tuple[Member, ...], Field(min_length=1)]
    security: bool = False
    early: bool = False
    content: Sha256

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(member.id for member in self.members)


class Trial(_Value):
    """What checks said of a subset of the members."""

    steps: tuple[Text, ...]
    result: Result


class Bump(_Value):
    """The pull request of a group. `members` is the whole set, `shown` the steps that are on the branch now.

    `head_sha` is the commit that the bot put there, `previous` the one before, on which the branch still is
    where an attempt died: any other one is somebody else's. `content` stands for the
    files of the whole set. `number` is None until the pull request is known to be there.
    """

    group: Text
    branch: Text
    base: Text
    members: tuple[Member, ...]
    shown: tuple[Text, ...]
    head_sha: Text
    base_sha: Text
    content: Sha256
    opened_at: AwareDatetime
    previous: Text = ""
    number: int | None = None
    state: State = "open"
    early: bool = False
    security: bool = False
    trials: tuple[Trial, ...] = ()
    declined: tuple[Sha256, ...] = ()

    @property
    def is_proposed(self) -> bool:
        """Whether its pull request is known to be open; an attempt may have died before it was."""
        return self.state == "open" and self.number is not None

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(member.id for member in self.members)

    @property
    def results(self) -> dict[Subset, Result]:
        return {frozenset(trial.steps): trial.result for trial in self.trials}

    def with_result(self, steps: tuple[str, ...], result: Result) -> Self:
        kept = tuple(trial for trial in self.trials if frozenset(trial.steps) != frozenset(steps))
        return self.model_copy(update={"trials": (*kept, Trial(steps=steps, result=result))})

    def ended(self, state: State, digest: str | None = None) -> Self:
        declined = (*self.declined, digest)[-DECLINED:] if digest else self.declined
        return self.model_copy(update={"state": state, "declined": declined})


class Seen(_Value):
    """A pull request as the forge has it. `result` is None while checks run, and so is that of the base."""

    state: State
    head_sha: Text
    result: Result | None = None
    base_result: Result | None = None


class HeldBack(_Value):
    """A package at a version that made checks fail, alone or together with others."""

    key: Text
    step: Text
    group: Text
    together: tuple[Text, ...] = ()
    since: AwareDatetime


class Alert(_Value):
    """An alert of the forge on a dependency; `patched` is the first version without it, if known."""

    id: Text
    ecosystem: Ecosystem
    name: Text
    patched: Text | None = None
    severity: Text = "unknown"
    open: bool = True


class Line(_Value):
    """A line of the overview: a step, or a package at a version, and what is to be said of it."""

    what: Text
    why: Text = ""
    code: Text = ""
    until: AwareDatetime | None = None


class Overview(_Value):
    """How the dependencies of a repository stand: what is proposed, waits, is held, cannot be read."""

    repository: Text
    waiting: tuple[Line, ...] = ()
    withheld: tuple[Line, ...] = ()
    held: tuple[Line, ...] = ()
    unread: tuple[Line, ...] = ()
    stuck: tuple[Line, ...] = ()
    problem: Text = ""


def hours(moment: datetime, now: datetime) -> int:
    """Whole hours since; none before it."""
    return max(0, int((now - moment).total_seconds() // 3600))
