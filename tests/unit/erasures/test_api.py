"""The routes of erasures and holds: reviewed, nameless, and clear about what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.erasures import erase
from functions.erasures.api import api
from functions.erasures.handler import bot
from tests.support.controls import command
from tests.support.http import Answer, call
from tests.unit.erasures.conftest import Desk
from writ.contracts.action import Status
from writ.ports.flows import RunState

ERASURE = {"subject": "Octocat", "reason": "article 17"}
HOLD = {"id": "case-1", "reason": "litigation"}


def post(path: str, body: Any) -> Answer:
    return call(api, "POST", path, json.dumps(body))


def get(path: str) -> Any:
    answer = call(api, "GET", path)
    assert answer.status == 200
    return answer.body


def test_an_erasure_waits_for_a_second_person_and_names_nobody(desk: Desk) -> None:
    asked = post("/v1/erasures", ERASURE)
    assert (asked.status, asked.body["state"]) == (202, "waiting")
    record = desk.plane.actions.records[asked.body["action"]]
    assert "octocat" not in repr(record).casefold()
    ref = record.action.target.id
    shown = get(f"/v1/erasures/{ref}")
    assert (shown["person"], shown["state"], shown["entries"]) == ("octocat", "active", 2)
    assert get("/v1/erasures")["items"] == []
    assert desk.people.about("octocat")

    done = desk.plane.approve(record.action.id, "bob", bot)

    assert done.outcome is not None
    assert (done.outcome.status, dict(done.outcome.observed)) == (
        Status.SUCCEEDED,
        {"flow": "erasure", "attempt": 1},
    )
    assert [erased["state"] for erased in get("/v1/erasures")["items"]] == ["erasing"]
    desk.runs.settle()
    assert desk.people.about("octocat") == []
    [erased] = get("/v1/erasures")["items"]
    assert (erased["subject"], erased["state"], erased["entries"]) == (ref, "erased", 2)
    assert get(f"/v1/erasures/{ref}")["person"] is None
    [event] = desk.plane.announced()
    assert event.type == "PayloadsErased.v1"
    again = post("/v1/erasures", ERASURE)
    assert (again.status, again.body["field"]) == (404, "subject")


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({**ERASURE, "subject": "nobody"}, 404, "not_found", "subject"),
        ({**ERASURE, "subject": ""}, 400, "contract.invalid", "subject"),
        ({**ERASURE, "subject": 7}, 400, "contract.invalid", "subject"),
        ({"subject": "octocat"}, 400, "contract.missing_field", "reason"),
        ({**ERASURE, "reason": "Octocat asked"}, 400, "contract.invalid", "reason"),
        ({**ERASURE, "more": 1}, 400, "contract.invalid", "more"),
        ({**ERASURE, "subject": "Ann"}, 409, "conflict.own_erasure", "subject"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    desk: Desk, body: Any, status: int, code: str, field: str
) -> None:
    answer = post("/v1/erasures", body)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (status, code, field)
    assert desk.plane.actions.records == {}


def test_a_hold_on_a_person_is_placed_stops_the_erasure_and_is_lifted(desk: Desk) -> None:
    asked = post("/v1/holds", {**HOLD, "subject": "octocat"})
    assert asked.status == 202
    assert get("/v1/holds")["items"] == []
    desk.plane.approve(asked.body["action"], "bob", bot)
    [hold] = get("/v1/holds")["items"]
    assert (hold["id"], hold["person"], hold["scope"]) == (
        "case-1",
        "octocat",
        desk.people.vault.lookup("octocat"),
    )
    refused = post("/v1/erasures", ERASURE)
    assert (refused.status, refused.body["code"]) == (409, "conflict.held")
    lifted = call(api, "DELETE", "/v1/holds/case-1?reason=settled")
    assert lifted.status == 202
    desk.plane.approve(lifted.body["action"], "bob", bot)
    assert get("/v1/holds")["items"] == []
    assert post("/v1/erasures", ERASURE).status == 202
    assert [event.type for event in desk.plane.announced()] == ["HoldPlaced.v1", "HoldLifted.v1"]


def test_an_erasure_goes_batch_by_batch_and_each_is_evidence(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(erase, "BATCH", 1)
    asked = post("/v1/erasures", ERASURE).body["action"]
    ref = desk.plane.actions.records[asked].action.target.id
    desk.plane.approve(asked, "bob", bot)
    states = set()
    while desk.runs.step():
        shown = get(f"/v1/erasures/{ref}")
        states.add((shown["state"], shown["done"]))
    assert states == {("erasing", 0), ("destroyed", 0), ("destroyed", 1), ("destroyed", 2), ("erased", 2)}
    names = [record.action.name for record in desk.plane.actions.records.values()]
    assert [names.count(name) for name in ("prepare-erasure", "destroy-key", "erase-batch")] == [3, 1, 2]
    for action in desk.plane.actions.records:
        assert f"{action}.outcome" in desk.plane.evidence.entries
    report = desk.people.verified(tmp_path)
    assert (report.faults, report.erased) == (0, 2)


@pytest.mark.parametrize("died", range(6))
def test_a_flow_that_died_anywhere_is_taken_up_by_the_next_tick(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, died: int
) -> None:
    monkeypatch.setattr(erase, "BATCH", 1)
    asked = post("/v1/erasures", ERASURE).body["action"]
    ref = desk.plane.actions.records[asked].action.target.id
    desk.plane.approve(asked, "bob", bot)
    for _ in range(died):
        assert desk.runs.step()
    desk.people.flows.end("erasure", ref, RunState.ABORTED)
    desk.plane.clock.forward(minutes=15)
    tick = command("ScheduleTicked.v1", "tick-1", desk.plane.clock.now(), schedule="rate(1 hour)")
    [resumed] = bot.run(tick)
    assert (resumed.action.name, resumed.action.parameters) == ("resume-erasure", {"attempt": 2})
    desk.runs.settle()
    assert get(f"/v1/erasures/{ref}")["state"] == "erased"
    assert desk.people.about("octocat") == []
    report = desk.people.verified(tmp_path)
    # This log has intents alone, which is a fault by now, whatever is erased.
    assert [f.code for f in report.findings if f.code != "intent.open"] == []
    assert report.erased == 2
    assert [event.type for event in desk.plane.announced()] == ["PayloadsErased.v1"]


def test_a_hold_that_comes_after_the_start_stops_the_flow_until_it_is_lifted(desk: Desk) -> None:
    erasure = post("/v1/erasures", ERASURE).body["action"]
    ref = desk.plane.actions.records[erasure].action.target.id
    desk.plane.approve(erasure, "bob", bot)
    desk.plane.approve(post("/v1/holds", HOLD).body["action"], "bob", bot)
    desk.runs.settle()
    run = desk.runs.latest()
    assert run is not None
    assert (run.status, run.output) == ("SUCCEEDED", {"subject": ref, "state": "held"})
    assert desk.people.about("octocat")
    desk.plane.clock.forward(hours=1)
    tick = command("ScheduleTicked.v1", "tick-1", desk.plane.clock.now(), schedule="rate(1 hour)")
    assert bot.run(tick) == []
    lifted = call(api, "DELETE", "/v1/holds/case-1?reason=settled").body["action"]
    desk.plane.approve(lifted, "bob", bot)
    later = command("ScheduleTicked.v1", "tick-2", desk.plane.clock.now(), schedule="rate(1 hour)")
    assert len(bot.run(later)) == 1
    desk.runs.settle()
    assert desk.people.about("octocat") == []


def test_what_is_too_recent_is_waited_for(desk: Desk) -> None:
    erasure = post("/v1/erasures", ERASURE).body["action"]
    desk.people.state(9, "octocat")
    desk.plane.approve(erasure, "bob", bot)
    desk.runs.settle()
    run = desk.runs.latest()
    assert run is not None
    assert (run.status, run.waited) == ("SUCCEEDED", [30, 30])
    assert desk.people.about("octocat") == []


def test_a_hold_that_comes_while_the_erasure_waits_wins(desk: Desk) -> None:
    erasure = post("/v1/erasures", ERASURE).body["action"]
    hold = post("/v1/holds", HOLD).body["action"]
    desk.plane.approve(hold, "bob", bot)
    done = desk.plane.approve(erasure, "bob", bot)
    assert done.outcome is not None
    assert (done.outcome.status, done.outcome.code) == (Status.FAILED, "conflict.held")
    assert desk.people.about("octocat")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**HOLD, "id": "No Name"}, "id"),
        ({**HOLD, "type": "action"}, "type"),
        ({"id": "case-1"}, "reason"),
        ({**HOLD, "subject": "octocat", "reason": "octocat sues"}, "reason"),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused(desk: Desk, body: Any, field: str) -> None:
    answer = post("/v1/holds", body)
    assert (answer.status, answer.body["field"]) == (400, field)
    both = post("/v1/holds", {**HOLD, "subject": "octocat", "type": "https://writ.example/action/v1"})
    assert both.status == 400
    assert desk.plane.actions.records == {}


def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    for method, path, field in (
        ("GET", "/v1/erasures/octocat", "ref"),
        ("GET", f"/v1/erasures/ds-{'f' * 32}", "ref"),
        ("DELETE", "/v1/holds/case-9?reason=x", "id"),
        ("DELETE", "/v1/holds/Case?reason=x", "id"),
    ):
        answer = call(api, method, path)
        assert (answer.status, answer.body["field"]) == (404, field)
    assert call(api, "DELETE", "/v1/holds/case-9").body["field"] == "reason"
    assert desk.plane.actions.records == {}


def test_lists_come_in_pages(desk: Desk) -> None:
    for number in range(3):
        action = post("/v1/holds", {**HOLD, "id": f"case-{number}"}).body["action"]
        desk.plane.approve(action, "bob", bot)
    first = get("/v1/holds?limit=2")
    rest = get(f"/v1/holds?limit=2&cursor={first['next_cursor']}")
    assert [h["id"] for h in [*first["items"], *rest["items"]]] == ["case-0", "case-1", "case-2"]
    assert rest["next_cursor"] is None
    wrong = call(api, "GET", "/v1/holds?cursor=case-9")
    assert (wrong.status, wrong.body["field"]) == (400, "cursor")
