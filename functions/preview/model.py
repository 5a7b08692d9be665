"""A preview: whose it is, where it is to be, how far it is, and how long it may live. Pure."""

import hashlib
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from writ.contracts.events.fields import Commit, Repository
from writ.contracts.events.github import PullRequest
from writ.contracts.events.previews import PreviewId

FLOW: Final = "preview-environment"
_SLUG: Final = 16
_HOUR_S: Final = 3600


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class State(StrEnum):
    """How a preview stands, for people. GONE, REFUSED and LOST are those of which nothing is there."""

    BUILDING = "building"
    SEEDING = "seeding"
    CHECKING = "checking"
    READY = "ready"
    FAILED = "failed"
    REMOVING = "removing"
    STUCK = "stuck"
    GONE = "gone"
    LOST = "lost"
    REFUSED = "refused"


# Where nothing has to be done until something happens.
SETTLED: Final = frozenset({State.READY, State.GONE, State.LOST, State.REFUSED})
PAST: Final = frozenset({State.GONE, State.LOST, State.REFUSED})


class Lifetime(_Value):
    """Seconds that a preview lives at first, that activity gives it from then on, and at most."""

    first_s: Annotated[int, Field(ge=60)]
    extension_s: Annotated[int, Field(ge=60)]
    longest_s: Annotated[int, Field(ge=60, le=30 * 24 * _HOUR_S)]


class Quota(_Value):
    """What the previews of a team may be at once, and cost together, in millionths of a US dollar."""

    previews: Annotated[int, Field(ge=0)]
    usd_micros: Annotated[int, Field(ge=0)]


class Terms(_Value):
    """What holds for the previews of a repository: `label` asks for one, or with `always` nobody has to."""

    team: str
    template: str
    label: str
    always: bool = False
    usd_micros_per_hour: Annotated[int, Field(ge=0)]
    lifetime: Lifetime
    quota: Quota


def asks(pull_request: PullRequest, terms: Terms) -> bool:
    """Whether an open pull request is to have a preview."""
    return pull_request.state == "open" and (terms.always or terms.label in pull_request.labels)


class Failure(_Value):
    """What went wrong, and with which resource, where one is at fault."""

    reason: str
    resource: str | None = None


class Goal(_Value):
    """Where a preview is to be, and the action by which it is.

    The number grows with every change; a step for an earlier one does nothing.
    """

    number: Annotated[int, Field(ge=1)]
    way: Literal["up", "down"]
    commit: Commit
    reason: str
    by: str


class Preview(_Value):
    """One row. `version` grows with every write; `commit` is what it shows now, None before it showed any.

    `seeded` is the seed set in its database. It lives until `expires_at`, which never passes `ends_at`.
    """

    id: PreviewId
    repository: Repository
    pull_request: Annotated[int, Field(ge=1)]
    team: str
    template: str
    usd_micros_per_hour: int
    goal: Goal
    state: State
    version: int = 0
    commit: Commit | None = None
    url: str | None = None
    seeded: str | None = None
    failure: Failure | None = None
    opened_at: AwareDatetime
    expires_at: AwareDatetime
    ends_at: AwareDatetime
    changed_at: AwareDatetime

    @property
    def live(self) -> bool:
        """Whether anything of it may be there; its team's quota is taken for it."""
        return self.state not in PAST

    def is_of(self, repository: str, pull_request: int) -> bool:
        """Whether it is this pull request's: another one's may have the same id, a hash of 32 bits."""
        return (self.repository.lower(), self.pull_request) == (repository.lower(), pull_request)

    @property
    def cost(self) -> int:
        """What it will have cost when its time is over, in millionths of a US dollar."""
        return cost(self.usd_micros_per_hour, self.expires_at - self.opened_at)

    @property
    def run(self) -> str:
        """The name of the flow's execution that leads to its goal."""
        return f"{self.id}-{self.goal.number}"

    @property
    def leads_up(self) -> bool:
        """Whether its flow builds; one that failed before it showed anything is only cleaned up."""
        return self.goal.way == "up" and not (self.state is State.FAILED and self.commit is None)


def preview_id(repository: str, pull_request: int) -> str:
    """The name of the preview of a pull request, the same every time: `shop-42-0a1b2c3d`.

    Stacks, tables and roles are named by it, so it is short and has two hyphens: no id begins another one.
    """
    slug = re.sub(r"[^a-z0-9]", "", repository.rpartition("/")[2].lower())[:_SLUG] or "x"
    digest = hashlib.sha256(f"{repository.lower()}#{pull_request}".encode()).hexdigest()
    return f"{slug}-{pull_request}-{digest[:8]}"


def cost(usd_micros_per_hour: int, time: timedelta) -> int:
    """What so much time costs, a begun second for a whole one, in millionths of a US dollar."""
    seconds = max(0, -(-time // timedelta(seconds=1)))
    return -(-usd_micros_per_hour * seconds // _HOUR_S)


def extended(preview: Preview, lifetime: Lifetime, now: datetime) -> datetime:
    """When it ends after activity now: never earlier than before, never after its last day."""
    wanted = now + timedelta(seconds=lifetime.extension_s)
    return max(preview.expires_at, min(wanted, preview.ends_at))
