"""One move of a rollout, and what may come between its writes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.support.memory import ManualClock
from tests.support.rollouts import (
    FUNCTIONS,
    NEW,
    OLD,
    SERVICE,
    MemoryAliases,
    MemoryHooks,
    MemoryRollouts,
    rollout,
)
from writ.contracts.errors import BusyError, NotFoundError, PermanentError, TransientError
from writ.rollout.coordinator import Attempt, Coordinator
from writ.rollout.decide import Move
from writ.rollout.plan import Hook, Release
from writ.rollout.ports import Alias
from writ.rollout.state import BASELINE, CANDIDATE, End, Goal, Kind, Result, Rollout

LEASE = timedelta(seconds=65)
TENTH = Move(kind=Kind.SHIFT, reason="step 1", goal=Goal(candidate=0.1), stage=0)
REVERT = Move(kind=Kind.REVERT, reason="errors", stage=0)
PROMOTE = Move(kind=Kind.PROMOTE, reason="passed", goal=CANDIDATE, stage=2)
CLOSE = Move(kind=Kind.CLOSE, reason="healthy", final=Result.PROMOTED, healthy=True)


@dataclass
class Scene:
    rollouts: MemoryRollouts = field(default_factory=MemoryRollouts)
    aliases: MemoryAliases = field(default_factory=MemoryAliases)
    hooks: MemoryHooks = field(default_factory=MemoryHooks)
    clock: ManualClock = field(default_factory=ManualClock)

    def coordinator(self) -> Coordinator:
        return Coordinator(self.rollouts, self.aliases, self.hooks, self.clock, LEASE)

    def start(self, action: str = "act-0") -> Rollout:
        return self.coordinator().start(rollout(), Attempt("canary", action))

    def move(self, move: Move, seq: int, action: str | None = None) -> Rollout:
        attempt = Attempt("canary", action or f"act-{seq + 1}")
        return self.coordinator().move(f"{SERVICE}-1", seq, move, attempt)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_start_finds_out_what_is_served_and_takes_the_lock(scene: Scene) -> None:
    begun = scene.start()
    assert (begun.id, begun.baseline, begun.candidate) == ("shop-1", OLD, NEW)
    with pytest.raises(PermanentError) as refused:
        scene.start("act-other")
    assert (refused.value.code, refused.value.field) == ("conflict.rollout", "service")
    assert scene.start() == begun


def test_a_start_refuses_aliases_that_are_split(scene: Scene) -> None:
    scene.aliases.held[FUNCTIONS[1]] = Alias("1", {"9": 0.5})
    with pytest.raises(PermanentError) as refused:
        scene.start()
    assert refused.value.code == "rollout.split"
    assert not scene.rollouts.held


def test_a_start_refuses_what_is_served_already(scene: Scene) -> None:
    served = Release(id="again", versions=OLD.versions)
    with pytest.raises(PermanentError) as refused:
        scene.coordinator().start(rollout(candidate=served), Attempt("canary", "act-0"))
    assert refused.value.code == "conflict.release"


def test_every_function_of_the_group_gets_the_weight(scene: Scene) -> None:
    scene.start()
    done = scene.move(TENTH, 0)
    assert {name: (a.version, a.weights) for name, a in scene.aliases.held.items()} == dict.fromkeys(
        FUNCTIONS, ("1", {"2": 0.1})
    )
    assert done.applied_at is not None
    assert [entry.end for entry in done.trail] == [End.DONE, End.DONE]


def test_the_same_move_again_changes_nothing(scene: Scene) -> None:
    scene.start()
    first = scene.move(TENTH, 0)
    writes = len(scene.aliases.history)
    assert scene.move(TENTH, 0) == first
    assert len(scene.aliases.history) == writes


def test_a_move_decided_on_an_earlier_state_is_refused(scene: Scene) -> None:
    scene.start()
    scene.move(TENTH, 0)
    with pytest.raises(PermanentError) as refused:
        scene.move(PROMOTE, 0, "act-late")
    assert refused.value.code == "rollout.moved"


class _Broken(MemoryAliases):
    """Fails at the second function."""

    broken = True

    def write(self, function: str, alias: str, wanted: Alias) -> None:
        if self.broken and function == FUNCTIONS[1]:
            raise TransientError("throttled")
        super().write(function, alias, wanted)


def test_a_move_that_failed_half_way_is_taken_up_by_the_same_action() -> None:
    aliases = _Broken()
    scene = Scene(aliases=aliases)
    scene.start()
    with pytest.raises(TransientError):
        scene.move(TENTH, 0)
    aliases.broken = False
    done = scene.move(TENTH, 0)
    assert [entry.end for entry in done.trail] == [End.DONE, End.DONE]
    assert {alias.weights.get("2") for alias in aliases.held.values()} == {0.1}


def test_the_way_back_waits_for_nobody_and_closes_what_was_begun() -> None:
    aliases = _Broken()
    scene = Scene(aliases=aliases)
    scene.start()
    with pytest.raises(TransientError):
        scene.move(TENTH, 0)
    with pytest.raises(BusyError) as held:
        scene.move(TENTH, 1, "act-other")
    assert held.value.until == scene.clock.now() + LEASE
    aliases.broken = False
    back = scene.move(REVERT, 1)
    assert [entry.end for entry in back.trail] == [End.DONE, End.SUPERSEDED, End.DONE]
    assert back.goal == BASELINE
    assert aliases.served() == OLD.versions
    with pytest.raises(PermanentError) as refused:
        scene.move(TENTH, 0)
    assert refused.value.code == "rollout.superseded"


def test_a_dead_holder_is_taken_over_once_its_lease_is_over() -> None:
    aliases = _Broken()
    scene = Scene(aliases=aliases)
    scene.start()
    with pytest.raises(TransientError):
        scene.move(TENTH, 0)
    aliases.broken = False
    scene.clock.forward(seconds=LEASE.total_seconds())
    assert scene.move(TENTH, 1, "act-other").applied_at is not None


def test_an_alias_refuses_a_writer_that_was_overtaken(scene: Scene) -> None:
    scene.start()
    scene.aliases.held = {name: replace(a, token=99) for name, a in scene.aliases.held.items()}
    with pytest.raises(PermanentError) as refused:
        scene.move(TENTH, 0)
    assert refused.value.code == "rollout.superseded"
    assert not scene.aliases.history


def test_a_close_frees_the_lock_and_keeps_the_rollout(scene: Scene) -> None:
    scene.start()
    scene.move(PROMOTE, 0)
    over = scene.move(CLOSE, 1)
    row = scene.rollouts.read(SERVICE)
    assert row is not None
    assert (row.rollout, row.worker, row.release) == (None, None, NEW)
    assert scene.rollouts.find("shop-1") == over
    assert scene.aliases.served() == NEW.versions


def test_somebody_who_stops_it_wins_over_a_move_that_was_decided_before(scene: Scene) -> None:
    scene.start()
    scene.move(PROMOTE, 0)
    scene.coordinator().stop("shop-1", "wrong release", "canary")
    with pytest.raises(PermanentError) as refused:
        scene.move(CLOSE, 1)
    assert refused.value.code == "rollout.moved"


def test_a_rollback_takes_a_canary_over_for_good(scene: Scene) -> None:
    scene.start()
    coordinator = scene.coordinator()
    assert coordinator.stop("shop-1", "burning", "rollback", ("cart",)).driver == "rollback"
    stopped = coordinator.stop("shop-1", "changed my mind", "canary")
    assert (stopped.driver, stopped.stop, stopped.then) == ("rollback", "burning", ("cart",))


def test_what_is_over_cannot_be_stopped(scene: Scene) -> None:
    with pytest.raises(NotFoundError):
        scene.coordinator().stop("shop-1", "late", "canary")


@pytest.mark.parametrize(("refusing", "stops"), [((), False), (("service-smoke",), True)])
def test_a_hook_that_refuses_stops_the_rollout(refusing: tuple[str, ...], stops: bool) -> None:
    scene = Scene(hooks=MemoryHooks(refusing))
    scene.start()
    hook = Move(
        kind=Kind.HOOK,
        reason="before",
        goal=Goal(candidate=0.1),
        stage=0,
        hook=Hook(function="service-smoke"),
    )
    done = scene.move(hook, 0)
    assert (done.stop is not None) is stops
    assert done.hooks == (() if stops else ("0/before",))
    assert done.trail[-1].end is (End.FAILED if stops else End.DONE)
