"""Seeded runs: what is asked for, what comes in its way, and how long it goes on."""

from __future__ import annotations

import random

from tests.chaos.rollout.flows import MODES
from tests.chaos.rollout.world import ROUNDS, STORIES, Build, World
from tests.support.rollouts import NEW, PLAN, SERVICE, command
from writ.rollout.plan import Hook, Plan, Step


def prepare(seed: int, build: Build) -> World:
    """A rollout that is asked for, and what may come in its way."""
    chance = random.Random(seed)
    world = World(seed, build, chance.choice([*STORIES, "good"]), chance.choice([0.0, 60.0, 150.0, 400.0]))
    world.mode = chance.choice(MODES)
    hook = Hook(function="shop-smoke")
    steps = (
        Step(weight=0.1, pause_s=40, before=hook if seed % 3 == 0 else None),
        Step(weight=0.5, pause_s=40, after=hook if seed % 5 == 0 else None, gate=seed % 4 == 0),
    )
    plan = Plan(**{**PLAN.model_dump(), "steps": steps if seed % 7 else ()})
    if seed % 11 == 0:
        world.hooks.refusing = {"shop-smoke"}
    asked = command(plan=plan.model_dump(mode="json"))
    world.ask("RolloutRequested.v1", "canary", **asked)
    if seed % 2 == 0:  # somebody else wants the same service at the same time
        again = {**asked, "release": {**NEW.model_dump(mode="json"), "id": "1.4.1"}}
        world.ask("RolloutRequested.v1", "canary", **again)
    return world


def finish(world: World) -> World:
    """Go on until everything is settled: with faults, and from some round on without any."""
    intervenes = world.chance.choice([0, 0, 3, 6, 10])
    for number in range(ROUNDS):
        if number == intervenes and number:
            _intervene(world)
        if number >= ROUNDS // 3:
            world.calm, world.faults.rate = True, 0.0
        world.step()
        if world.is_settled() and number > intervenes:
            return world
    return world


def _intervene(world: World) -> None:
    """A person, or an alarm, wants it back."""
    if world.chance.random() < 0.5:
        world.ask("RollbackRequested.v1", "rollback", service=SERVICE, reason="users complain")
    else:
        reason = "wrong release"
        world.ask("RolloutAbortRequested.v1", "canary", rollout=f"{SERVICE}-1", reason=reason)
