"""Seeded runs: what is asked for, what comes in its way, and how long it goes on."""

from __future__ import annotations

import random
from typing import Any, Final

from tests.chaos.rollout.after import TROUBLES, Afterwards
from tests.chaos.rollout.flows import MODES
from tests.chaos.rollout.seeing import STORIES
from tests.chaos.rollout.world import ROUNDS, Build, World
from tests.support.rollouts import NEW, PLAN, SERVICE, WATCH, command
from writ.rollout.plan import Hook, Plan, Step

KINDS: Final = ("at once", "by steps", "with hooks", "with a gate", "contended", "then back", "guarded")
# Rounds with faults; then all is calm.
_FAULTY: Final = ROUNDS // 3
_NEVER: Final = 0


def prepare(seed: int, build: Build) -> World:
    """A rollout that is asked for, and what may come in its way."""
    chance = random.Random(seed)
    world = World(seed, build=build, kind=KINDS[seed % len(KINDS)])
    world.story = chance.choice([*STORIES, *["good"] * 3])
    world.turns = chance.choice([0.0, 60.0, 150.0, 400.0])
    world.mode = chance.choice(MODES)
    world.hasty = chance.random() < 0.2
    world.strict = chance.random() < 0.3
    if world.kind == "guarded":
        world.trouble = chance.choice(TROUBLES)
    plan = _plan(world, chance)
    if world.kind == "with hooks" and chance.random() < 0.2:
        world.hooks.refusing = {"shop-smoke"}
        world.interfered.append("a hook refuses")
    watch = WATCH.model_copy(update={"alarms": ("shop-burn",)}).model_dump(mode="json")
    world.wanted = dict(command(plan=plan.model_dump(mode="json"), watch=watch))
    world.ask("RolloutRequested.v1", "canary", **world.wanted)
    if world.kind == "contended":  # somebody else wants the same service at the same time
        again = {**world.wanted, "release": {**NEW.model_dump(mode="json"), "id": "1.4.1"}}
        world.ask("RolloutRequested.v1", "canary", **again)
    return world


def _plan(world: World, chance: random.Random) -> Plan:
    hook, hooked = Hook(function="shop-smoke"), world.kind == "with hooks"
    steps: tuple[Step, ...] = (
        Step(weight=0.1, pause_s=40, before=hook if hooked else None),
        Step(weight=0.5, pause_s=40, after=hook if hooked else None, gate=world.kind == "with a gate"),
    )
    if world.kind == "at once" or (world.kind == "then back" and chance.random() < 0.5):
        steps = ()
    changes: dict[str, Any] = {
        "steps": steps,
        "patience_s": chance.choice([300, 900]),
        "apply_s": chance.choice([120, 300, 600]),
    }
    if world.kind == "guarded":
        guard_s = 120 if world.trouble == "too late" else 86_400
        changes |= {"guard_s": guard_s, "health": Hook(function="shop-health")}
    return Plan(**{**PLAN.model_dump(), **changes})


def finish(world: World) -> World:
    """Go on until everything is settled: with faults, and from some round on without any."""
    intervenes = _NEVER
    afterwards = Afterwards(world) if world.kind in ("then back", "guarded") else None
    if afterwards is None and world.chance.random() < 0.25:
        intervenes = world.chance.choice([3, 6, 10])
    for number in range(ROUNDS):
        if number == intervenes != _NEVER:
            _intervene(world)
        if number == _FAULTY:
            world.ease()
        world.acting = number < intervenes
        if afterwards is not None:
            world.acting = afterwards.go_on()
        world.step()
        if world.is_settled():
            return world
    return world


def _intervene(world: World) -> None:
    """A person, or an alarm, wants it back."""
    world.interfered.append("a person wants it back")
    if world.chance.random() < 0.5:
        world.ask("RollbackRequested.v1", "rollback", service=SERVICE, reason="users complain")
    else:
        reason = "wrong release"
        world.ask("RolloutAbortRequested.v1", "canary", rollout=f"{SERVICE}-1", reason=reason)
