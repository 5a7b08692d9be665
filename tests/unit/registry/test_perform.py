"""I2 on pauses, and what a pause does to the bot it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from functions.registry.facts import Facts
from functions.registry.handler import bot
from functions.registry.pause import Pause
from functions.registry.perform import ACTIONS
from functions.registry.plan import plan
from functions.registry.ports import Ports
from tests.support.controls import ControlledPlane, MemoryControls, command
from tests.support.memory import START
from tests.unit.registry.conftest import MemoryStatistics
from writ.contracts.action import Action, Status, Target
from writ.contracts.errors import ConflictError, TransientError
from writ.ports.actions import Cause
from writ.ports.controls import Key, pause_key
from writ.runtime.catalog import Catalog
from writ.runtime.effect import Effect


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

    def replace(self, key: Key, before: str | None, after: str, **rest: Any) -> Mapping[str, Any]:
        raise ConflictError("another text")


def ports(controls: MemoryControls, manifests: Catalog, plane: ControlledPlane) -> Ports:
    return Ports(lambda: manifests, controls, MemoryStatistics(), plane.clock)


def pausing(id: str = "api-1") -> Action:
    event = command("BotPauseRequested.v1", id, START, bot="backlog", by="ann", reason="it loops")
    (action,) = plan(event, Facts(acts=True), START)
    return action


def test_a_second_attempt_finds_the_first_one_that_nobody_heard_of(
    plane: ControlledPlane, manifests: Catalog
) -> None:
    given, effect = ports(Deaf(), manifests, plane), ACTIONS["pause-bot"]
    assert effect.observe(pausing(), given) is None
    with pytest.raises(TransientError):
        effect.perform(pausing(), given)
    assert effect.observe(pausing(), given) == {"paused": True, "changed": True}
    assert effect.perform(pausing(), given) == {"paused": True, "changed": True}


def test_a_late_repeat_does_not_undo_a_resumption(plane: ControlledPlane, manifests: Catalog) -> None:
    given = ports(plane.controls, manifests, plane)
    ACTIONS["pause-bot"].perform(pausing(), given)
    resuming = pausing().model_copy(update={"name": "resume-bot", "effect_key": "e" * 64})
    ACTIONS["resume-bot"].perform(resuming, given)
    ACTIONS["pause-bot"].perform(pausing(), given)
    assert Pause.parse(plane.controls.read(pause_key("backlog"))).paused is False


def test_a_pause_that_changed_nothing_is_no_news(plane: ControlledPlane) -> None:
    for id in ("evt-1", "evt-2"):
        bot.run(command("BotPauseRequested.v1", id, START, bot="backlog", by="ann", reason=id))
    assert [event.type for event in plane.announced()] == ["BotPaused.v1"]
    assert Pause.parse(plane.controls.read(pause_key("backlog"))).reason == "evt-1"


def test_contention_without_end_is_left_to_the_next_attempt(
    plane: ControlledPlane, manifests: Catalog
) -> None:
    with pytest.raises(TransientError) as raised:
        ACTIONS["pause-bot"].perform(pausing(), ports(Crowded(), manifests, plane))
    assert raised.value.code == "dependency.contended"


@pytest.mark.parametrize(
    ("what", "scope", "held"),
    [
        ("Bot", {}, Status.DENIED),
        ("Action", {"action": "add-task"}, Status.DENIED),
        ("Action", {"action": "retire-task"}, Status.SUCCEEDED),
    ],
)
def test_a_pause_holds_the_next_action_that_it_names_until_it_is_resumed(
    plane: ControlledPlane, what: str, scope: dict[str, str], held: Status
) -> None:
    done: list[str] = []

    def perform(action: Action, _ports: None) -> Mapping[str, object]:
        done.append(action.id)
        return {}

    effect: Effect[None] = Effect(perform, lambda _action, _ports: None)
    loop = plane.wiring("backlog", {"add-task": effect}, None).loop

    def act(number: int) -> Status | None:
        target = Target(kind="task", id=str(number))
        action = Action.of("backlog", "add-task", target, reason="test", once_per=(str(number),))
        record = loop.run(action, Cause("TaskSubmitted.v1", f"evt-{number}"))
        return record.outcome.status if record.outcome else None

    assert act(1) is Status.SUCCEEDED
    given = {"bot": "backlog", "by": "ann", "reason": "loops", **scope}
    bot.run(command(f"{what}PauseRequested.v1", "evt-1", START, **given))
    assert act(2) is held
    bot.run(command(f"{what}ResumeRequested.v1", "evt-2", START, **given))
    assert act(3) is Status.SUCCEEDED
    assert len(done) == (2 if held is Status.DENIED else 3)
