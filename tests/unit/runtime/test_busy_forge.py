"""A forge that is busy uses up no attempt of an action: it is left alone until its time, then asked again."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.support.faults import Crash, Faults
from tests.support.memory import ManualClock
from tests.support.plane import Plane
from writ.contracts.action import Action, Status, Target
from writ.contracts.errors import BusyError, ConflictError, ForgeBusyError, TransientError
from writ.ports.actions import ActionRecord, Cause, Phase
from writ.runtime.attempts import BUSY_FOR, LAST_ATTEMPT, MAX_ATTEMPTS

HOUR = timedelta(hours=1)
ACTION = Action.of("probe", "low", Target(kind="thing", id="1"), reason="because", once_per=("event",))
CAUSE = Cause("Probed.v1", "event")


@dataclass
class Forge:
    """What effects ask; `fails` is what they meet by turn, `blind` what looking meets."""

    clock: ManualClock
    fails: list[str] = field(default_factory=list)
    blind: bool = False
    done: int = 0
    looked: int = 0

    def perform(self, _action: Action) -> dict[str, Any]:
        fate = self.fails.pop(0) if self.fails else "ok"
        if fate == "busy":
            raise ForgeBusyError("asked to wait", self.clock.now() + HOUR)
        if fate == "away":
            raise TransientError("away")
        self.done += 1
        if fate == "late":
            raise ForgeBusyError("asked to wait", self.clock.now() + HOUR)
        return {"done": True}

    def observe(self, _action: Action) -> dict[str, Any] | None:
        self.looked += 1
        if self.blind:
            raise ForgeBusyError("asked to wait", self.clock.now() + HOUR)
        return {"done": True} if self.done else None


@pytest.fixture
def plane() -> Plane:
    plane = Plane(Faults(random.Random(0), 0))
    plane.world = Forge(plane.clock)  # type: ignore[assignment]
    return plane


def forge(plane: Plane) -> Forge:
    assert isinstance(plane.world, Forge)
    return plane.world


def attempt(plane: Plane) -> str:
    """The code of an attempt that ended early, else how it ended."""
    try:
        record = plane.worker().run(ACTION, CAUSE)
    except TransientError as error:
        return error.code
    assert record.outcome is not None
    return record.outcome.status.value


def kept(plane: Plane) -> ActionRecord:
    return plane.actions.records[ACTION.id]


def test_action_is_held_until_the_forge_may_be_asked(plane: Plane) -> None:
    forge(plane).fails = ["busy"]
    with pytest.raises(ForgeBusyError) as busy:
        plane.worker().run(ACTION, CAUSE)
    assert busy.value.until == plane.clock.now() + HOUR
    plane.clock.forward(minutes=59)
    with pytest.raises(BusyError):
        plane.worker().run(ACTION, CAUSE)
    assert forge(plane).looked == 1
    plane.clock.forward(minutes=1)
    assert attempt(plane) == "succeeded"
    assert forge(plane).looked == 2, "the next attempt looks before it does anything"


def test_busy_forge_uses_up_no_attempt(plane: Plane) -> None:
    forge(plane).fails = ["busy"] * 12 + ["away"] * (MAX_ATTEMPTS - 2)
    for _ in range(12):
        assert attempt(plane) == "forge.busy"
        plane.clock.forward(seconds=3600)
    assert kept(plane).attempt == 1
    for _ in range(MAX_ATTEMPTS - 2):
        assert attempt(plane) == "dependency.unavailable"
    assert attempt(plane) == "succeeded"
    assert forge(plane).done == 1


def test_attempts_that_count_are_as_many_as_ever(plane: Plane) -> None:
    forge(plane).fails = ["away", "busy", "away", "busy", "away", "away", "busy", "away", "away"]
    codes = []
    while kept_phase(plane) is not Phase.CLOSED:
        codes.append(attempt(plane))
        plane.clock.forward(seconds=3600)
    assert codes.count("forge.busy") == 3
    assert codes[-1] == Status.FAILED.value
    assert len(codes) == 3 + MAX_ATTEMPTS


def kept_phase(plane: Plane) -> Phase | None:
    return kept(plane).phase if plane.actions.records else None


def test_effect_that_happened_before_the_forge_was_busy_is_found(plane: Plane) -> None:
    forge(plane).fails = ["late"]
    assert attempt(plane) == "succeeded"
    assert forge(plane).done == 1


def test_busy_forge_that_cannot_be_looked_at_uses_up_no_attempt(plane: Plane) -> None:
    forge(plane).fails, forge(plane).blind = ["away"], True
    for _ in range(12):
        assert attempt(plane) == "forge.busy"
        plane.clock.forward(seconds=3600)
    assert kept(plane).attempt < LAST_ATTEMPT
    forge(plane).blind = False
    assert attempt(plane) == "succeeded"


def test_forge_that_is_busy_for_a_day_does_not_work(plane: Plane) -> None:
    forge(plane).fails = ["busy"] * 100
    began = plane.clock.now()
    while kept_phase(plane) is not Phase.CLOSED:
        attempt(plane)
        plane.clock.forward(seconds=3600)
    outcome = kept(plane).outcome
    assert outcome is not None
    assert (outcome.status, outcome.code) == (Status.FAILED, "forge.busy")
    assert BUSY_FOR <= plane.clock.now() - began < BUSY_FOR + 8 * HOUR


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_busy_or_away_the_effect_is_done_once(seed: int) -> None:
    """Faults at every port call, and a forge that is busy most of the time."""
    chance = random.Random(seed)
    plane = Plane(Faults(chance, 0.1))
    plane.world = Forge(plane.clock, chance.choices(["busy", "late", "away"], [8, 1, 1], k=9))  # type: ignore[assignment]
    for _ in range(200):
        if kept_phase(plane) is Phase.CLOSED:
            break
        with suppress(Crash, ConflictError):
            attempt(plane)
        plane.clock.forward(seconds=chance.choice([1, 60, 3600]))
    outcome = kept(plane).outcome
    assert outcome is not None
    assert forge(plane).done <= 1, seed
    assert (outcome.status is Status.SUCCEEDED) == (forge(plane).done == 1), seed
