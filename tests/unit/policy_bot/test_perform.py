"""I2 on freezes and exceptions: an effect that is tried again finds out that it happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from functions.policy import facts, plan
from functions.policy.handler import bot
from functions.policy.perform import ACTIONS
from functions.policy.ports import Ports
from tests.support.controls import ControlledPlane, MemoryControls, command
from tests.support.memory import START
from tests.unit.policy.facts import engine
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, PermanentError, TransientError
from writ.ports.controls import FREEZES, Key

FREEZE: dict[str, Any] = {
    "scope": {},
    "owner": "platform",
    "reason": "quiet",
    "ends_at": "2026-03-03T10:00:00Z",
    "by": "ann",
}


def ports(controls: MemoryControls, plane: ControlledPlane) -> Ports:
    return Ports(controls, engine(), plane.clock)


def planned(given: Ports, type: str = "FreezeDeclarationRequested.v1", **data: Any) -> Action:
    event = command(type, f"api-{type}-{data['id']}", START, **data)
    (action,) = plan.plan(event, facts.gather(event, given), START)
    return action


class Deaf(MemoryControls):
    """Writes, and loses the answer the first time."""

    def replace(self, key: Key, before: str | None, after: str, **rest: Any) -> Mapping[str, Any]:
        lost = rest["action_id"] not in self.effects
        observed = super().replace(key, before, after, **rest)
        if lost:
            raise TransientError("the answer was lost")
        return observed


class Crowded(MemoryControls):
    """Somebody else always writes first."""

    def read(self, key: Key) -> str | None:
        text = super().read(key)
        self.documents[key] = '{"items": []}' + " " * len(text or "")
        return text


def test_an_effect_has_not_happened_before_and_is_observed_after(plane: ControlledPlane) -> None:
    given = ports(plane.controls, plane)
    action = planned(given, id="year-end", **FREEZE)
    effect = ACTIONS[action.name]
    assert effect.observe(action, given) is None
    observed = effect.perform(action, given)
    assert effect.observe(action, given) == observed


def test_a_second_attempt_finds_the_first_one_that_nobody_heard_of(plane: ControlledPlane) -> None:
    given = ports(Deaf(), plane)
    action = planned(given, id="year-end", **FREEZE)
    effect = ACTIONS[action.name]
    with pytest.raises(TransientError):
        effect.perform(action, given)
    observed = effect.perform(action, given)
    assert observed == effect.observe(action, given)
    assert given.controls.read(FREEZES).count("year-end") == 1  # type: ignore[union-attr]


def test_a_refusal_is_one_only_when_the_effect_did_not_happen(plane: ControlledPlane) -> None:
    given = ports(plane.controls, plane)
    first = planned(given, id="year-end", **FREEZE)
    other = first.model_copy(update={"effect_key": "f" * 64})
    ACTIONS["declare-freeze"].perform(first, given)
    with pytest.raises(PermanentError) as refused:
        ACTIONS["declare-freeze"].perform(other, given)
    assert (refused.value.code, refused.value.field) == ("conflict", "id")
    assert ACTIONS["declare-freeze"].observe(other, given) is None


def test_a_freeze_that_ended_by_itself_cannot_be_lifted(plane: ControlledPlane) -> None:
    given = ports(plane.controls, plane)
    ACTIONS["declare-freeze"].perform(planned(given, id="year-end", **FREEZE), given)
    lifting = planned(given, "FreezeLiftRequested.v1", id="year-end", by="ann", reason="done")
    plane.clock.forward(days=2)
    with pytest.raises(PermanentError) as refused:
        ACTIONS["lift-freeze"].perform(lifting, given)
    assert refused.value.code == "not_found"


def test_contention_without_end_is_left_to_the_next_attempt(plane: ControlledPlane) -> None:
    given = ports(Crowded(), plane)
    action = planned(given, id="year-end", **FREEZE)
    with pytest.raises(TransientError) as raised:
        ACTIONS[action.name].perform(action, given)
    assert raised.value.code == "dependency.contended"


def test_an_event_delivered_twice_is_one_effect(plane: ControlledPlane) -> None:
    event = command("FreezeDeclarationRequested.v1", "evt-1", START, id="year-end", **FREEZE)
    (first,) = bot.run(event)
    with pytest.raises(ConflictError):
        bot.run(event)
    assert len(plane.announced()) == 1
    assert first.outcome is not None
