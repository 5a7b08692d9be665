"""What must be true of a world in which everything has settled: I7, and I1 and I3 of its actions."""

from __future__ import annotations

from collections import Counter

from tests.chaos.harness.world import attested
from tests.chaos.rollout.after import good_before, is_answered
from tests.chaos.rollout.world import ROUNDS, World
from tests.support.rollouts import NEW, SERVICE
from writ.contracts.action import Status
from writ.rollout.kept import Judged
from writ.rollout.state import End, Kind, Result
from writ.runtime.testimony import intent_id

# Transitions of one rollout: what the plan needs, and what faults repeat while they last.
_TRANSITIONS = 150
_LEADING_OUT = (Kind.GATE,)
_ONWARD = (Kind.SHIFT, Kind.HOOK, Kind.GATE, Kind.PROMOTE)


def judge(world: World) -> None:
    """Raises AssertionError that says what is wrong."""
    assert not world.broken, world.broken[0]
    assert world.is_settled(), f"not over after {world.rounds} rounds of {ROUNDS}: {_standing(world)}"
    _one_version(world)
    _lock_free(world)
    _trail_closed(world)
    attested(world)
    _judged(world)
    _truth(world)
    _obeyed(world)
    _once(world)
    _guarded(world)


def _one_version(world: World) -> None:
    served = world.aliases.served()
    assert len(set(served.values())) == 1, f"the group serves several releases: {served}"
    assert served in [release.versions for release in world.releases], f"nobody released {served}"
    row = world.rollouts.read(SERVICE)
    if row is not None and row.release is not None:
        assert served == row.release.versions, f"{served} is served, and {row.release} was promised"


def _lock_free(world: World) -> None:
    row = world.rollouts.read(SERVICE)
    if row is not None:
        assert row.rollout is None, f"{row.rollout.id} holds the lock" if row.rollout else ""
        assert row.worker is None, f"{row.worker} holds the lock"
        assert row.number == len(world.rollouts.over), "a rollout is lost"


def _trail_closed(world: World) -> None:
    for rollout in world.rollouts.over.values():
        assert rollout.final is not None
        assert rollout.seq <= _TRANSITIONS, f"{rollout.id} took {rollout.seq} transitions"
        open_entries = [entry for entry in rollout.trail if entry.end is None]
        assert not open_entries, f"{rollout.id}: {open_entries} have no end"
        assert [entry.seq for entry in rollout.trail] == list(range(rollout.seq + 1))
        for entry in rollout.trail:
            assert intent_id(entry.action) in world.evidence.entries, f"I1: {entry}"


def _judged(world: World) -> None:
    """What decided a transition is kept with it, as its signed intent says; nothing else is."""
    found = {}
    for rollout in world.rollouts.over.values():
        for entry in rollout.trail[1:]:
            move = world.actions.records[entry.action].action.parameters["move"]
            if isinstance(move, dict) and "judged" in move:
                found[rollout.id, entry.seq] = (
                    entry.action,
                    entry.kind,
                    Judged.model_validate(move["judged"]),
                )
            decides = entry.kind in _LEADING_OUT and rollout.way == "forward"
            said = f"{rollout.id}: {entry.seq} {entry.kind.value} was decided by nothing"
            assert not decides or (rollout.id, entry.seq) in found, said
    looks = world.rollouts.looked
    assert {key: (look.action, look.kind, look.judgement) for key, look in looks.items()} == found


def _truth(world: World) -> None:
    """The end is what was seen on the way: nothing that was not proven harmless has everything."""
    for rollout in world.rollouts.over.values():
        promoted = rollout.final is Result.PROMOTED
        if rollout.way == "back":
            continue
        turned = world.story != "good" and rollout.candidate.versions == NEW.versions
        refused = world.hooks.refusing and any(step.before or step.after for step in rollout.plan.steps)
        if promoted:
            assert rollout.stop is None, f"{rollout.id} was stopped and promoted"
            assert not refused, f"{rollout.id} was refused by a hook and promoted"
            gates = {number for number, step in enumerate(rollout.plan.steps) if step.gate}
            assert gates <= set(rollout.gates), f"{rollout.id} went through a closed gate"
        if turned and world.turns == 0:
            assert not promoted, f"{rollout.id} was {world.story} from the start, and promoted"
        promotions = [entry for entry in rollout.trail if entry.kind is Kind.PROMOTE]
        if turned and world.story == "unknown" and world.turns == 0 and rollout.plan.steps:
            assert not promotions, f"{rollout.id} had everything, and nothing was known of it"
        if promoted:
            assert any(entry.end is End.DONE for entry in promotions)


def _obeyed(world: World) -> None:
    """What was told to stop goes nowhere but back."""
    for id, seq in world.rollouts.stopped.items():
        rollout = world.rollouts.over[id]
        after = (entry for entry in rollout.trail if entry.seq > seq and entry.kind in _ONWARD)
        on = [f"{entry.seq} {entry.kind.value}: {entry.reason}" for entry in after]
        assert rollout.way == "back" or not on, f"{id} was stopped at {seq}, and went on: {on}"


def _once(world: World) -> None:
    """A rollout is closed once, and what was told to stop is not promoted."""
    done = [
        record.action
        for record in world.actions.records.values()
        if record.outcome is not None and record.outcome.status is Status.SUCCEEDED
    ]
    closed = Counter(action.target.id for action in done if action.name == "close-rollout")
    assert set(closed) == set(world.rollouts.over), f"closed were {set(closed)}"
    assert max(closed.values(), default=1) == 1, f"closed more than once: {closed}"
    for action in done:
        if action.name in ("stop-rollout", "take-over"):
            rollout = world.rollouts.over[action.target.id]
            # A rollback that is asked for again is the way back already, and goes on.
            reverted = rollout.final is Result.REVERTED or rollout.way == "back"
            assert reverted, f"{rollout.id} was told to stop, and promoted"


def _guarded(world: World) -> None:
    """What failed in its guard was left for a good release, or a person knows of it; nothing else was."""
    done = [
        record.action for record in world.actions.records.values() if record.action.name == "start-rollback"
    ]
    left = {
        rollout.id: action
        for rollout in world.rollouts.over.values()
        for action in done
        if rollout.way == "back" and rollout.entry_of(action.id) is not None
    }
    for id, action in left.items():
        leaves = action.parameters.get("leaves")
        if leaves is None:
            assert world.kind == "then back" or world.interfered, f"{id} was asked for by nobody"
            leaves = f"{SERVICE}-{int(id.rpartition('-')[2]) - 1}"
        else:
            assert leaves == world.troubled, f"{id} left {leaves}, which had no trouble ({world.trouble})"
        rollout = world.rollouts.over[id]
        assert rollout.candidate.id in good_before(world, str(leaves)), f"{id} went to {rollout.candidate}"
    if world.troubled is not None and world.troubled in world.incidents.held:
        good = good_before(world, world.troubled)
        assert not good, f"{world.troubled} is an incident and still served, though {good} were good"
    if world.kind == "guarded" and world.troubled is None:
        promoted = {one.id for one in world.rollouts.over.values() if one.final is Result.PROMOTED}
        alarmed = promoted & world.incidents.held.keys()
        assert not alarmed, f"{alarmed} are incidents, and had no trouble ({world.trouble})"


def _standing(world: World) -> str:
    row = world.rollouts.read(SERVICE)
    if world.troubled is not None and not is_answered(world):
        return f"{world.troubled} met trouble after its end ({world.trouble}), and nobody did anything"
    if row is None or row.rollout is None:
        return f"{len(world.queue)} events are not delivered"
    rollout, lock = row.rollout, ""
    if row.worker is not None:
        lock = f", its lock held by {row.worker} whose lease was over at {row.lease_until}"
    at = f"{rollout.goal}, applied {rollout.applied_at}"
    return f"{rollout.id} at {at}, by {rollout.driver}, {rollout.stop}{lock}"
