"""Break-glass as a story: asked for, opened by two others, used, closed, reviewed by somebody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.policy.api import api
from functions.policy.handler import bot
from functions.policy.perform import ACTIONS
from functions.policy.ports import Ports
from tests.support.commands import Command, commanding
from tests.support.controls import ControlledPlane, command
from tests.support.http import Answer, call
from tests.support.memory import START
from tests.unit.policy.facts import engine
from writ.contracts.action import Action, Status, Target
from writ.contracts.events.break_glass import BreakGlassOpened, BreakGlassReviewOverdue
from writ.ports.actions import ActionRecord, Cause
from writ.ports.controls import BREAK_GLASS
from writ.runtime.effect import Effect

ASKED: dict[str, Any] = {
    "id": "outage",
    "rules": ["freeze"],
    "scope": {"bot": "flags", "action": "*", "target": "*"},
    "owner": "platform",
    "reason": "Checkout is down",
    "minutes": 30,
}
FREEZE = {
    "id": "year-end",
    "scope": {"bots": [], "actions": []},
    "owner": "platform",
    "reason": "The books are closed",
    "ends_at": "2026-03-09T10:00:00Z",
}


def ask(who: str = "ann", **changes: Any) -> Answer:
    return call(api, "POST", "/v1/break-glass", {**ASKED, **changes}, sub=who, name=who.title())


def approve(who: str, id: str = "outage") -> Answer:
    body = {"reason": "agreed"}
    return call(api, "POST", f"/v1/break-glass/{id}/approve", body, sub=who, name=who.title())


def review(who: str, id: str = "outage") -> Answer:
    body = {"reason": "one deploy, justified"}
    return call(api, "POST", f"/v1/break-glass/{id}/review", body, sub=who, name=who.title())


def close(who: str = "ann") -> Answer:
    return call(api, "DELETE", "/v1/break-glass/outage", query={"reason": "fixed"}, sub=who, name=who.title())


def stage(id: str = "outage") -> str:
    items = call(api, "GET", "/v1/break-glass").body["items"]
    return str(next(item["stage"] for item in items if item["id"] == id))


def opened() -> None:
    assert [ask().status, approve("bob").status, approve("cleo").status] == [201, 200, 200]


def act(plane: ControlledPlane, number: int) -> ActionRecord:
    """An action of medium risk, which a freeze holds."""
    effect: Effect[None] = Effect(lambda _action, _ports: {}, lambda _action, _ports: None)
    loop = plane.wiring("flags", {"widen-flag": effect}, None).loop
    target = Target(kind="flag", id=str(number))
    action = Action.of("flags", "widen-flag", target, reason="test", once_per=(str(number),))
    return loop.run(action, Cause("FlagChangeRequested.v1", f"evt-{number}"))


def status(record: ActionRecord) -> Status | None:
    return record.outcome.status if record.outcome else None


def test_it_overrides_a_freeze_from_the_second_approval_until_its_end(plane: ControlledPlane) -> None:
    call(api, "POST", "/v1/policy/freezes", FREEZE)
    assert status(act(plane, 1)) is Status.DENIED
    ask()
    approve("bob")
    assert status(act(plane, 2)) is Status.DENIED
    approve("cleo")
    used = act(plane, 3)
    assert (status(used), used.decision.exceptions) == (Status.SUCCEEDED, ("outage",))
    assert "break_glass" in [reason.code for reason in used.decision.reasons]
    plane.clock.forward(minutes=30)
    assert status(act(plane, 4)) is Status.DENIED


def test_its_opening_is_announced_with_who_opened_it_and_until_when_a_review_is_due(
    plane: ControlledPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    opened()
    news = [event.data for event in plane.announced()]
    assert [type(item).__name__ for item in news] == ["BreakGlassAsked", "BreakGlassOpened"]
    last = news[-1]
    assert isinstance(last, BreakGlassOpened)
    assert '"BreakGlassOpened":[1.0]' in capsys.readouterr().out
    assert (last.by, last.approvers, last.rules) == ("Ann", ["Bob", "Cleo"], ["freeze"])
    assert (last.expires_at - START).total_seconds() == 30 * 60
    assert (last.review_by - last.expires_at).total_seconds() == 72 * 3600
    assert len(plane.evidence.entries) == 6  # intent and outcome of each person's word


@pytest.mark.parametrize("first", ["ann", "bob"])
def test_nobody_approves_his_own_request_or_twice(plane: ControlledPlane, first: str) -> None:
    ask()
    approve("bob")
    refused = approve(first)
    assert (refused.status, refused.body["code"]) == (403, "forbidden.four_eyes")
    assert stage() == "asked"
    assert plane.announced()[-1].type == "BreakGlassAsked.v1"


def test_who_had_a_part_in_it_does_not_review_it_and_a_third_one_does(plane: ControlledPlane) -> None:
    opened()
    assert review("dora").body["code"] == "conflict.open"
    close()
    for who in ("ann", "bob", "cleo"):
        assert (review(who).status, stage()) == (403, "unreviewed")
    assert review("dora").status == 200
    assert stage() == "reviewed"
    assert plane.announced()[-1].type == "BreakGlassReviewed.v1"
    assert review("emil").body["code"] == "conflict.reviewed"


def test_a_review_stays_open_until_it_is_given_and_is_reported_daily_once_overdue(
    plane: ControlledPlane,
) -> None:
    opened()
    plane.clock.forward(hours=72)

    def tick(id: str) -> None:
        bot.run(command("ScheduleTicked.v1", id, plane.clock.now(), schedule="rate(1 hour)"))

    tick("early")
    assert plane.announced()[-1].type == "BreakGlassOpened.v1"
    plane.clock.forward(hours=1)
    tick("late")
    tick("late-again")
    reports = [e.data for e in plane.announced() if isinstance(e.data, BreakGlassReviewOverdue)]
    assert [(report.id, report.hours) for report in reports] == [("outage", 0)]
    plane.clock.forward(hours=24 * 90)
    tick("much-later")
    assert (stage(), len(plane.announced())) == ("overdue", 4)
    assert review("dora").status == 200


def test_a_request_lapses_without_two_approvals_in_an_hour(plane: ControlledPlane) -> None:
    ask()
    approve("bob")
    plane.clock.forward(hours=1)
    assert (stage(), approve("cleo").body["code"]) == ("lapsed", "conflict.lapsed")
    plane.clock.forward(hours=24 * 8)
    assert call(api, "GET", "/v1/break-glass").body["items"] == []
    assert ask().status == 201


def test_it_can_be_closed_before_its_time_and_then_overrides_nothing(plane: ControlledPlane) -> None:
    call(api, "POST", "/v1/policy/freezes", FREEZE)
    opened()
    assert (close().status, stage()) == (200, "unreviewed")
    assert status(act(plane, 1)) is Status.DENIED
    assert close().body["code"] == "conflict.unreviewed"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rules": []}, "rules"),
        ({"rules": ["bot_paused"]}, "rules"),
        ({"rules": ["risk_high"]}, "rules"),
        ({"minutes": 241}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": "60"}, "minutes"),
        ({"reason": " "}, "reason"),
        ({"scope": {"bot": "*", "action": "*"}}, "scope.target"),
        ({"id": "Not An Id"}, "id"),
        ({"approvals": []}, "approvals"),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(
    plane: ControlledPlane, changes: dict[str, Any], field: str
) -> None:
    answer = ask(**changes)
    assert (answer.status, answer.body["field"]) == (400, field)
    assert BREAK_GLASS not in plane.controls.documents


def test_what_is_not_there_is_404_and_an_id_is_taken_once(plane: ControlledPlane) -> None:
    assert [approve("bob").status, review("bob").status, close().status] == [404, 404, 404]
    assert [ask().status, ask("bob").status] == [201, 409]


def test_callers_see_names_and_never_the_ids_of_people(plane: ControlledPlane) -> None:
    ask("sub-of-ann")
    approve("sub-of-bob")
    assert "sub-of" not in json.dumps(call(api, "GET", "/v1/break-glass").body)


@pytest.mark.parametrize("text", ['{"items": [{}]}', '{"items": [{"id": "outage"}]}', '{"items": [7]}'])
def test_a_document_that_nobody_can_read_makes_every_decision_unknown(
    plane: ControlledPlane, text: str
) -> None:
    """I6"""
    plane.controls.documents[BREAK_GLASS] = text
    record = act(plane, 1)
    assert (status(record), record.decision.verdict.value) == (Status.DENIED, "unknown")


def test_a_second_attempt_keeps_one_approval(plane: ControlledPlane) -> None:
    ask()
    approve("bob")
    ports = Ports(plane.controls, engine(), plane.clock)
    record = list(plane.actions.records.values())[-1]
    effect = ACTIONS[record.action.name]
    first = effect.observe(record.action, ports)
    assert effect.perform(record.action, ports) == first
    (item,) = json.loads(plane.controls.documents[BREAK_GLASS])["items"]
    assert len(item["approvals"]) == 1


def test_two_approvals_at_once_are_kept_both(plane: ControlledPlane) -> None:
    ask()
    others = iter([True])
    replace = plane.controls.replace

    def racing(*words: Any, **rest: Any) -> Any:
        if next(others, False):
            approve("bob")
        return replace(*words, **rest)

    plane.controls.replace = racing  # type: ignore[method-assign]
    assert approve("cleo").status == 200
    assert stage() == "open"


@pytest.fixture
def writ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plane: ControlledPlane) -> Command:
    return commanding(monkeypatch, tmp_path, api)


def test_the_first_approval_says_that_another_is_missing_and_the_second_that_it_is_open(
    writ: Command, plane: ControlledPlane
) -> None:
    ask("bob")
    first = writ("break-glass", "approve", "outage", "--reason", "agreed")
    assert (first.exit_code, "asked" in first.stdout, "1 more" in first.stderr) == (0, True, True)
    second = approve("cleo").body
    assert (second["stage"], second["missing"]) == ("open", 0)


def test_the_terminal_tells_the_whole_story(writ: Command, plane: ControlledPlane) -> None:
    words = ["--rule", "freeze", "--owner", "platform", "--bot", "backlog", "--minutes", "30"]
    asked = writ("break-glass", "request", "outage", *words, "--reason", "Checkout is down")
    assert "writ break-glass approve outage" in asked.stderr
    assert "2 more by" in writ("break-glass", "list").stdout
    approve("bob")
    approve("cleo")
    assert "ends 2026-03-02T10:30:00" in writ("break-glass", "list").stdout
    assert "closed" in writ("break-glass", "close", "outage", "--reason", "fixed").stdout
    listed = writ("break-glass", "list")
    assert (listed.exit_code, "waits for a review" in listed.stderr) == (0, True)
    plane.clock.forward(hours=73)
    listed = writ("break-glass", "list")
    assert (listed.exit_code, "overdue, review it now: outage" in listed.stderr) == (1, True)
    refused = writ("break-glass", "review", "outage", "--reason", "fine")
    assert (refused.exit_code, "neither asked nor approved" in refused.stderr) == (1, True)
