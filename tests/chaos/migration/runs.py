"""Seeded runs: what is asked for, what comes in its way, and how long it goes on."""

from __future__ import annotations

import random
from typing import Any

from tests.chaos.migration.world import ID, ROUNDS, Build, World
from tests.support.rollouts import rollout

STORIES = ("forth", "forth", "back at some time", "back after the end", "paused", "aborted", "released")


def prepare(seed: int, build: Build) -> World:
    """A migration that is asked for, over a table with items."""
    world, chance = World(seed, build=build), random.Random(seed)
    world.application.seed(chance.choice([0, 1, 7, 23]))
    pace = {"batch": chance.choice([1, 3, 10]), "segments": chance.choice([1, 2, 3]), "items_per_s": 1000}
    changes: dict[str, Any] = {"pace": pace, "release": "1.4.0"}
    if seed % 5 == 0:
        changes["reverse"] = {"contract": "none"}
    world.wanted = world.document(**changes)
    return world


def finish(world: World) -> World:
    """Go on until it is over: with faults, and from some round on without any."""
    world.story, at = world.chance.choice(STORIES), world.chance.randrange(2, 60)
    story = world.story
    for number in range(ROUNDS):
        if number == at:
            _intervene(world, story)
        if number % 7 == 0 and not world.calm:
            world.rolls(world.chance.random() < 0.3)
        if number >= ROUNDS // 6:
            world.ease()
            world.rolls(False)
        if world.calm and (record := world.record) is not None and record.pause is not None:
            kind = "MigrationReverseRequested.v1" if record.back else "MigrationResumeRequested.v1"
            world.ask(kind, migration=ID, reason="mended", by="ann")
        if world.record is None and not world.queue:  # a start that failed for good is asked for again
            world.ask("MigrationRequested.v1", migration=ID, document=world.wanted, by="ann")
        world.step()
        if world.is_settled() and number > at:
            if story != "back after the end":
                return world
            story = "forth"
            world.ask("MigrationReverseRequested.v1", migration=ID, reason="it was wrong", by="ann")
    return world


def _intervene(world: World, story: str) -> None:
    about = {"migration": ID, "reason": "it looks wrong", "by": "ann"}
    if story == "back at some time":
        world.ask("MigrationReverseRequested.v1", **about)
    elif story == "paused":
        world.ask("MigrationPauseRequested.v1", **about)
    elif story == "aborted":
        world.ask("MigrationAbortRequested.v1", **about)
    elif story == "released":
        world.rollouts.over["shop-1"] = rollout()
        end = {"rollout": "shop-1", "service": "shop", "release": "1", "final": "reverted", "way": "forward"}
        world.ask("RolloutEnded.v1", **end, reason="errors")
