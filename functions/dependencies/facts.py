"""What the plan must know of a repository: what could be bumped, what is proposed, how its checks ended."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from functions.dependencies.model import Bump, Overview, Proposal, Seen
from writ.contracts.event import AnyEvent
from writ.contracts.events.dependencies import DependenciesDue

if TYPE_CHECKING:
    from functions.dependencies.ports import Ports


class Known(BaseModel):
    """A bump that is kept, and its pull request as the forge has it; None where it was not looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    bump: Bump
    seen: Seen | None = None


class Facts(BaseModel):
    """`repositories` are those that bumps are switched on for. The rest is of the one that is due.

    `problem` says why it could not be looked over: settings that do not read, say. `shown` is the overview
    that is kept, `overview` what there is to say now, without what the plan adds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    repositories: tuple[str, ...] = ()
    repository: str = ""
    problem: str = ""
    base: str = "main"
    base_sha: str = ""
    cooldown_hours: Annotated[int, Field(ge=0)] = 0
    most_open: int = 0
    per_day: int = 0
    trials: int = 0
    labels: tuple[str, ...] = ()
    opened_today: int = 0
    proposals: tuple[Proposal, ...] = ()
    bumps: tuple[Known, ...] = ()
    overview: Overview = Overview(repository="-")
    shown: Overview | None = None


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Read the facts of an event. Raises TransientError where the forge cannot be asked now."""
    repositories = tuple(ports.repositories)
    if not isinstance(event.data, DependenciesDue):
        return Facts(repositories=repositories)
    repository = event.data.repository
    if repository.lower() not in {each.lower() for each in repositories}:
        return Facts(repositories=repositories)
    facts = Facts(
        repositories=repositories,
        repository=repository,
        overview=Overview(repository=repository),
        shown=ports.bumps.overview(repository),
        bumps=tuple(Known(bump=bump) for bump in ports.bumps.all(repository)),
    )
    from functions.dependencies.looking import look  # what reads versions and ranges is large

    return look(facts, ports)


def opened_on(day: datetime, bumps: tuple[Bump, ...]) -> int:
    """How many were opened on the day of an instant, by UTC."""
    return sum(bump.opened_at.date() == day.date() and bump.number is not None for bump in bumps)
