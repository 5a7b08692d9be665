"""Rollouts and rollbacks under faults as a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from tests.chaos.harness.campaign import Campaign, Tally
from tests.chaos.harness.world import codes, injected
from tests.chaos.rollout.oracle import judge
from tests.chaos.rollout.runs import KINDS, finish, prepare
from tests.chaos.rollout.variants import VARIANTS
from tests.chaos.rollout.world import Build, World
from tests.support.rollouts import NEW
from writ.rollout.state import Result, Rollout

_PROMOTED: Final = "good, promoted"
_LOST: Final = "good, taken back"
# A run of fewer shows nothing of shares.
_ENOUGH: Final = 20
_LEAST: Final = 0.5


def _count(world: World) -> Counter[str]:
    back = [one for one in world.rollouts.over.values() if one.way == "back"]
    return Counter(
        {
            "actions": len(world.actions.records),
            "flows": len(world.flows.runs),
            "flows killed": world.drivers.killed,
            "locks taken over when their lease was over": world.watching.dead,
            "late holders kept out": codes(world, ("rollout.superseded",)),
            "ways back": len(back),
            "promoted releases that met trouble": int(world.troubled is not None and world.kind == "guarded"),
            "incidents": len(world.incidents.held),
        }
    )


def _ends(world: World) -> Counter[tuple[str, str]]:
    return Counter((world.kind, _end(world, rollout)) for rollout in world.rollouts.over.values())


def _end(world: World, rollout: Rollout) -> str:
    promoted = rollout.final is Result.PROMOTED
    if rollout.way == "back":
        return "way back, over"
    first = rollout.candidate.versions == NEW.versions
    if first and world.story != "good":
        return "bad, promoted before it turned" if promoted else "bad, taken back"
    if promoted:
        return _PROMOTED
    return "good, stopped by people or hooks" if world.interfered else _LOST


def _lacks(tally: Tally) -> Iterable[str]:
    """Good releases have to come through, of every kind: what stops everything is safe, and no use."""
    for kind in KINDS:
        promoted, lost = tally.ends[kind, _PROMOTED], tally.ends[kind, _LOST]
        if promoted + lost >= _ENOUGH and promoted < _LEAST * (promoted + lost):
            yield f"{kind}: only {promoted} of {promoted + lost} good releases were promoted"


def _most(world: World) -> Mapping[str, int]:
    return {"rounds": world.rounds}


def _show(world: World) -> Iterable[str]:
    yield from world.faults.log
    for rollout in world.rollouts.over.values():
        yield f"{rollout.id}: {rollout.final} by {rollout.driver}, {rollout.stop}"
        for entry in rollout.trail:
            yield f"  {entry.seq} {entry.kind} {entry.goal.candidate:.0%} {entry.end}: {entry.reason}"
    yield f"{world.kind}, {world.story} from {world.turns:.0f} s on, {world.interfered}, {world.trouble}"


ROLLOUT: Final = Campaign(
    name="rollout",
    size=1000,
    build=Build(),
    variants=VARIANTS,
    prepare=prepare,
    finish=finish,
    judge=judge,
    injected=injected,
    count=_count,
    show=_show,
    ends=_ends,
    most=_most,
    lacks=_lacks,
)
