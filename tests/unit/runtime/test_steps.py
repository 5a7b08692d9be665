"""A step of a flow: the whole loop for one event, a report of it, and a person's answer by a token."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.faults import Faults
from tests.support.plane import Plane
from writ.contracts.action import Action, Approval, Target
from writ.contracts.errors import NotFoundError, TransientError
from writ.contracts.event import AnyEvent
from writ.contracts.step import Step
from writ.ports.actions import ActionRecord, Phase
from writ.runtime.bot import Bot
from writ.runtime.wiring import Wiring

TOKEN = "AQCEAAAAKgAAAAMAAAAAAAAAA-secret"


def step(**changes: Any) -> dict[str, Any]:
    data = {"schedule": "rate(1 hour)"}
    given = {"flow": "probing", "execution": "thing-1", "state": "Probe", "turn": 0}
    return {"step": {**given, "type": "ScheduleTicked.v1", "data": data, **changes}}


@dataclass
class World:
    """The bot `probe`, which plans the actions `names` of a thing, once an event."""

    plane: Plane
    names: tuple[str, ...] = ("low",)

    def plan(self, event: AnyEvent, _facts: None, _now: Any) -> list[Action]:
        target = Target(kind="thing", id="1")
        return [
            Action.of("probe", name, target, reason="because", once_per=(event.id, str(number)))
            for number, name in enumerate(self.names)
        ]

    def bot(self, **replaced: Any) -> Bot[Any, None]:
        """In a process of its own."""
        bot: Bot[Any, None] = Bot(
            "probe", facts=lambda *_: None, plan=self.plan, perform={}, ports=lambda _: None
        )
        bot.__dict__["wiring"] = Wiring(self.plane.worker(**replaced), None, self.plane.clock)
        return bot

    def take(self, message: Mapping[str, Any] | None = None) -> Any:
        """What the flow gets, as JSON."""
        return json.loads(json.dumps(self.bot().handler(dict(message or step()), None)))

    def record(self) -> ActionRecord:
        (record,) = self.plane.actions.records.values()
        return record

    def answer(self, *, approved: bool = True) -> None:
        record = self.record()
        given = Approval(approved=approved, by="ann", at=self.plane.clock.now(), reason="looked at it")
        self.plane.approvals.answer(record.action.id, given)
        self.plane.answers().attest(record, given)

    def replies(self) -> list[tuple[str, str]]:
        return [(token, report.status.value) for token, report in self.plane.flows.replies]


@pytest.fixture
def world() -> World:
    return World(Plane(Faults(random.Random(1), 0.0)))


def test_step_goes_through_the_whole_loop_and_reports_each_action(world: World) -> None:
    report = world.take()
    [action] = report["actions"]
    assert (report["status"], action["name"], action["observed"]) == ("succeeded", "low", {"done": True})
    assert world.record().action.id == action["id"]
    assert {f"{action['id']}.intent", f"{action['id']}.outcome"} <= world.plane.evidence.entries.keys()
    assert world.record().cause.event_id == "probing.thing-1.Probe.0"
    assert "error" not in report


def test_same_step_again_does_its_effect_once_and_reports_the_same(world: World) -> None:
    first = world.take()
    assert world.take() == first
    assert list(world.plane.world.done.values()) == [1]


@pytest.mark.parametrize("change", [{"turn": 1}, {"execution": "thing-1_2"}, {"state": "Other"}])
def test_another_turn_attempt_or_state_is_another_step(world: World, change: dict[str, Any]) -> None:
    world.take()
    world.take(step(**change))
    assert sorted(world.plane.world.done.values()) == [1, 1]


def test_event_ids_of_long_names_are_short_enough_and_tell_them_apart() -> None:
    long = {"flow": "f" * 48, "state": "S" * 32}
    first, second = (
        Step.model_validate({**step(**long)["step"], "execution": start + "x" * 79}) for start in "ab"
    )
    assert first.event_id != second.event_id
    assert len(first.event_id) <= 128
    assert first.event_id == Step.model_validate(first.model_dump()).event_id


def test_report_has_the_worst_status_and_a_code(world: World) -> None:
    world.names = ("low", "never", "low")
    report = world.take()
    assert report["status"] == "denied"
    assert [action["status"] for action in report["actions"]] == ["succeeded", "denied", "succeeded"]
    assert report["actions"][1]["code"] == "test"


def test_step_without_anything_to_do_succeeds(world: World) -> None:
    world.names = ()
    assert world.take() == {"status": "succeeded", "actions": []}


def test_step_for_which_nothing_is_due_is_told_how_things_stand(world: World) -> None:
    bot = world.bot()
    bot._standing = lambda event, _facts, _now: {"type": event.type}
    assert "standing" not in bot.handler(step(), None)
    world.names = ()
    told = bot.handler(step(turn=1), None)
    assert told == {"status": "succeeded", "actions": [], "standing": {"type": step()["step"]["type"]}}


def test_what_may_pass_is_for_the_flow_to_try_again(world: World) -> None:
    world.plane.faults.rate = 1.0
    world.plane.faults.fate = lambda: "error-before"  # type: ignore[method-assign]
    report = world.take()
    assert (report["status"], report["error"]["code"]) == ("retry", "dependency.unavailable")
    world.plane.faults.fate = lambda: "ok"  # type: ignore[method-assign]
    assert world.take()["status"] == "succeeded"


def test_what_nobody_foresaw_may_pass_and_says_nothing_of_itself(world: World) -> None:
    def plan(*_: Any) -> list[Action]:
        raise KeyError("a secret")

    bot = world.bot()
    bot._plan = plan
    report = bot.handler(step(), None)
    assert (report["status"], report["error"]["code"]) == ("retry", "internal")
    assert "secret" not in json.dumps(report)


def test_what_planning_refuses_ends_the_step(world: World) -> None:
    def plan(*_: Any) -> list[Action]:
        raise NotFoundError("there is no such thing", field="thing")

    bot = world.bot()
    bot._plan = plan
    error = {"code": "not_found", "message": "there is no such thing", "field": "thing"}
    assert bot.handler(step(), None) == {"status": "failed", "actions": [], "error": error}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"flow": "No Name"}, "step.flow"),
        ({"execution": "a b"}, "step.execution"),
        ({"execution": ""}, "step.execution"),
        ({"state": "two words"}, "step.state"),
        ({"turn": -1}, "step.turn"),
        ({"type": "Nothing"}, "step.type"),
        ({"type": "Nothing.v1"}, "detail-type"),
        ({"data": []}, "step.data"),
        ({"data": {"schedule": "now"}}, "detail.data.schedule"),
        ({"data": {}}, "detail.data.schedule"),
        ({"more": 1}, "step.more"),
    ],
)
def test_step_that_makes_no_sense_is_refused_and_changes_nothing(
    world: World, change: dict[str, Any], field: str
) -> None:
    report = world.take(step(**change))
    assert (report["status"], report["error"]["field"]) == ("failed", field)
    assert world.plane.actions.records == {}
    assert world.plane.evidence.entries == {}


def test_step_that_is_no_object_is_refused(world: World) -> None:
    assert world.take({"step": "Probe"})["error"]["field"] == "step"


def test_step_with_a_token_that_needs_nobody_is_answered_at_once(world: World) -> None:
    world.take(step(token=TOKEN))
    assert world.replies() == [(TOKEN, "succeeded")]


@pytest.mark.parametrize(("approved", "status"), [(True, "succeeded"), (False, "denied")])
def test_flow_that_waits_for_a_person_is_told_with_the_outcome(
    world: World, approved: bool, status: str
) -> None:
    world.names = ("high",)
    assert world.take(step(token=TOKEN))["status"] == "waiting"
    assert world.replies() == []
    world.answer(approved=approved)
    world.plane.worker().resume(world.record().action.id)
    assert world.replies() == [(TOKEN, status)]
    assert world.record().phase is Phase.CLOSED


def test_flow_that_asks_after_the_answer_is_told_at_once(world: World) -> None:
    world.names = ("high",)
    assert world.take()["status"] == "waiting"
    world.answer()
    world.plane.worker().resume(world.record().action.id)
    assert world.take(step(token=TOKEN))["status"] == "succeeded"
    assert world.replies() == [(TOKEN, "succeeded")]


def test_outcome_between_the_question_and_the_token_is_not_lost(world: World) -> None:
    world.names = ("high",)
    attend = world.plane.approvals.attend

    def late(action_id: str, token: Any) -> None:
        world.answer()
        world.plane.worker().resume(action_id)
        attend(action_id, token)

    world.plane.approvals.attend = late  # type: ignore[method-assign]
    world.take(step(token=TOKEN))
    assert world.replies() == [(TOKEN, "succeeded")]


def test_step_that_is_repeated_waits_with_its_newest_token(world: World) -> None:
    world.names = ("high",)
    world.take(step(token="old"))
    world.take(step(token=TOKEN))
    world.answer()
    world.plane.worker().resume(world.record().action.id)
    assert world.replies() == [(TOKEN, "succeeded")]


def test_reply_that_is_lost_is_made_good_by_whoever_takes_the_action_up(world: World) -> None:
    world.names = ("high",)
    world.take(step(token=TOKEN))
    world.answer()
    reply = world.plane.flows.reply

    def lost(*_: Any) -> None:
        raise TransientError("away")

    world.plane.flows.reply = lost  # type: ignore[method-assign,assignment]
    with pytest.raises(TransientError):
        world.plane.worker().resume(world.record().action.id)
    assert world.record().phase is Phase.CLAIMED  # so that the reconciler finds it
    world.plane.flows.reply = reply  # type: ignore[method-assign]
    world.plane.clock.forward(seconds=60)
    world.plane.worker().resume(world.record().action.id)
    assert world.replies() == [(TOKEN, "succeeded")]
    assert list(world.plane.world.done.values()) == [1]


def test_abandoned_action_tells_its_flow_as_well(world: World) -> None:
    world.names = ("high",)
    world.take(step(token=TOKEN))
    world.answer()
    world.plane.clock.forward(hours=100)
    world.plane.worker().abandon(world.record().action.id)
    assert world.replies() == [(TOKEN, "failed")]


def test_step_with_a_token_plans_one_action(world: World) -> None:
    world.names = ("low", "high")
    report = world.take(step(token=TOKEN))
    assert (report["status"], report["error"]["code"]) == ("failed", "step.several")
    assert world.plane.actions.records == {}
    assert world.replies() == [(TOKEN, "failed")]


def test_token_is_in_no_line_event_or_statement(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.names = ("high",)
    world.take(step(token=TOKEN))
    world.answer()
    world.plane.worker().resume(world.record().action.id)
    world.take(step(token=TOKEN, data={"schedule": "now"}))
    told = (
        repr(world.plane.bus.events) + repr(world.plane.evidence.entries) + repr(world.plane.actions.records)
    )
    assert TOKEN not in capsys.readouterr().out + told + repr(world.plane.approvals.requests)


def test_action_that_nobody_reviews_costs_no_look_for_a_token(world: World) -> None:
    asked: list[str] = []
    get = world.plane.approvals.get
    world.plane.approvals.get = lambda action_id: asked.append(action_id) or get(action_id)  # type: ignore[method-assign,func-returns-value]
    world.take()
    assert asked == []
