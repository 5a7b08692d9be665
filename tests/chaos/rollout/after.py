"""What comes after the end of a rollout: a next release, trouble in its guard, or people who want it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tests.chaos.rollout.seeing import Checks
from tests.support.rollouts import FUNCTIONS, SERVICE
from writ.rollout.plan import Release
from writ.rollout.state import Result, Rollout

if TYPE_CHECKING:
    from tests.chaos.rollout.world import World

NEXT: Final = Release(id="1.5.0", versions=dict.fromkeys(FUNCTIONS, "3"))
# What has to be answered, and what has to be left alone.
ANSWERED: Final = ("sick", "burning", "alarm")
TROUBLES: Final = (*ANSWERED, *ANSWERED, "old alarm", "other alarm", "too late", "none")
# Rounds until somebody asks once more, and for which nothing happens where nothing may.
_AGAIN: Final = 10
_QUIET: Final = 6


class Afterwards:
    """A second release after the first, and then what comes after that; a turn before each round."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._asked: int | None = world.rounds  # the first release
        self._began: int | None = None

    def go_on(self) -> bool:
        """Whether more is to come."""
        world = self._world
        if world.rollouts.open():
            return True
        if not world.rollouts.over:  # the first demand may end as a dead letter
            self._once_in_a_while(lambda: world.ask("RolloutRequested.v1", "canary", **world.wanted))
            return True
        if not self._was_rolled_out(NEXT):
            self._once_in_a_while(self._next)
            return True
        return self._begin() if self._began is None else self._goes_on(world.rounds - self._began)

    def _goes_on(self, rounds: int) -> bool:
        world = self._world
        if rounds < _QUIET:
            return True
        if world.troubled is None or is_answered(world):
            return False
        if world.kind == "then back":
            self._once_in_a_while(self._back)
        elif world.trouble == "alarm":
            self._once_in_a_while(self._alarm)
        return True

    def _begin(self) -> bool:
        """The trouble, with whatever serves now."""
        world = self._world
        row = world.rollouts.held.get(SERVICE)
        last = world.rollouts.past(SERVICE, 1)[0]
        if last.final is not Result.PROMOTED or last.way == "back" or row is None:
            return False  # nothing is guarded, and there is nothing to go back from
        guarded = row.guard is not None and row.guard.rollout == last.id
        if world.trouble == "too late" and row.guard is not None and row.guard.until > world.clock.now():
            return True
        self._began, self._asked = world.rounds, world.rounds
        if world.kind == "then back":
            world.troubled = last.id
            self._back()
            return True
        if guarded and world.trouble in ANSWERED:
            world.troubled = last.id
        self._harm(last)
        return True

    def _harm(self, rollout: Rollout) -> None:
        world, release = self._world, rollout.candidate.id
        if world.trouble in ("sick", "too late") and isinstance(world.hooks, Checks):
            world.hooks.sick.add(release)
        elif world.trouble == "burning":
            world.burning.add(release)
        elif world.trouble == "alarm":
            self._alarm()
        elif world.trouble == "other alarm":
            world.alarm("other-burn", world.clock.now())
        elif world.trouble == "old alarm":
            world.alarm("shop-burn", rollout.started_at)

    def _next(self) -> None:
        wanted = {**self._world.wanted, "release": NEXT.model_dump(mode="json")}
        self._world.ask("RolloutRequested.v1", "canary", **wanted)

    def _back(self) -> None:
        self._world.ask("RollbackRequested.v1", "rollback", service=SERVICE, reason="users complain")

    def _alarm(self) -> None:
        self._world.alarm("shop-burn", self._world.clock.now())

    def _once_in_a_while(self, ask: Callable[[], None]) -> None:
        if self._asked is None or self._world.rounds - self._asked >= _AGAIN:
            self._asked = self._world.rounds
            ask()

    def _was_rolled_out(self, release: Release) -> bool:
        return any(each.candidate.id == release.id for each in self._world.rollouts.over.values())


def is_answered(world: World) -> bool:
    """Whether something was done about a release in trouble, or nothing can be."""
    if (id := world.troubled) is None:
        return True
    following = world.rollouts.find(f"{SERVICE}-{int(id.rpartition('-')[2]) + 1}")
    hopeless = world.kind == "then back" and not good_before(world, id)
    return following is not None or id in world.incidents.held or hopeless


def good_before(world: World, id: str) -> set[str]:
    """Releases that were found healthy before a rollout, and not left for being bad since; told forwards."""
    good: set[str] = set()
    for number in range(1, int(id.rpartition("-")[2])):
        past = world.rollouts.over[f"{SERVICE}-{number}"]
        promoted = past.final is Result.PROMOTED
        came, left = (past.candidate, past.baseline) if promoted else (past.baseline, past.candidate)
        if past.way == "back" or not promoted:
            good.discard(left.id)
        if past.healthy:
            good.add(came.id)
    return good - {world.rollouts.over[id].candidate.id}
