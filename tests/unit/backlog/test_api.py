"""The REST routes as callers see them: answers, conditions and pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from functions.backlog import api as routes
from functions.backlog.handler import bot
from tests.support.backlog_api import DRAFT, Caller, added
from tests.support.tasks import Plane, RiskPolicy, check_failed
from tests.support.wire import wire
from writ.contracts.action import Decision, Reason, Verdict


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Plane:
    plane = Plane()
    wire(monkeypatch, bot, routes, plane.wiring())
    return plane


@pytest.fixture
def call(plane: Plane) -> Caller:
    return Caller(plane)


def test_a_task_that_was_added_can_be_read(call: Caller) -> None:
    made = added(call)
    read = call("GET", made.headers["Location"])
    assert (read.status, read.headers["ETag"]) == (200, '"1"')
    assert read.body == made.body
    assert {key: read.body[key] for key in ("score", "method", "hours_per_month", "confidence")} == {
        "score": 15.0,
        "method": "rice",
        "hours_per_month": 1.5,
        "confidence": 0.5,
    }
    assert read.body["status"] == "candidate"


def test_adding_is_an_action_of_the_caller_with_evidence(call: Caller) -> None:
    made = added(call)
    record = call.plane.actions.records[made.headers["Writ-Action"]]
    assert (record.cause.actor_kind, record.cause.actor_id) == ("person", "s-1")
    assert set(call.plane.evidence.entries) == {f"{record.action.id}.intent", f"{record.action.id}.outcome"}


def test_the_same_task_again_is_a_conflict_that_names_it(call: Caller) -> None:
    made = added(call)
    again = call("POST", "/v1/backlog", {**DRAFT, "title": "RENEW the certificate!"})
    assert (again.status, again.body["code"], again.body["field"]) == (409, "conflict", "title")
    assert made.body["id"] in again.body["detail"]


def test_a_change_needs_the_version_it_is_meant_for(call: Caller) -> None:
    path = added(call).headers["Location"]
    change = {"status": "accepted", "confidence": None}
    assert call("PATCH", path, change).status == 428
    assert call("PATCH", path, change, headers={"If-Match": '"7"'}).status == 412
    assert call("PATCH", path, change, headers={"If-Match": "7"}).body["field"] == "If-Match"
    assert len(call.plane.actions.records) == 1

    changed = call("PATCH", path, change, headers={"If-Match": '"1"'})
    assert (changed.status, changed.headers["ETag"]) == (200, '"2"')
    assert (changed.body["status"], changed.body["confidence"]) == ("accepted", 0.2)
    assert call("PATCH", path, change, headers={"If-Match": '"1"'}).status == 412


def test_a_race_after_the_check_is_a_failed_precondition_too(
    call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = added(call).headers["Location"]
    (task,) = call.plane.tasks.tasks.values()
    replaced = task.model_copy(update={"version": 2})
    real = call.plane.tasks.get
    reads = iter([task, task])
    monkeypatch.setattr(call.plane.tasks, "get", lambda id: next(reads, None) or real(id))
    call.plane.tasks.tasks[task.id] = replaced
    answer = call("PATCH", path, {"people": 3}, headers={"If-Match": '"1"'})
    assert (answer.status, answer.body["code"]) == (412, "precondition_failed")
    assert call.plane.tasks.tasks[task.id] == replaced


def test_an_automated_task_without_a_bot_is_refused_before_anything_is_written(call: Caller) -> None:
    path = added(call).headers["Location"]
    answer = call("PATCH", path, {"status": "automated"}, headers={"If-Match": '"1"'})
    assert (answer.status, answer.body["field"]) == (400, "bot")
    assert len(call.plane.actions.records) == 1


def test_scoring_answers_by_the_method_asked_for(call: Caller) -> None:
    path = added(call).headers["Location"]
    scored = call("POST", f"{path}/score", {"method": "wsjf"})
    assert (scored.status, scored.body["method"], scored.body["score"]) == (200, "wsjf", 1.4)
    assert scored.body["history"][-1]["because"] == "asked by wsjf"
    assert call("POST", f"{path}/score").body["method"] == "rice"
    assert call("POST", f"{path}/score", {}, headers={"If-Match": '"1"'}).status == 412
    assert call("POST", f"{path}/score", {"method": "moscow"}).body["field"] == "method"


def test_a_list_is_ordered_filtered_and_paged(call: Caller) -> None:
    for number in range(1, 6):
        added(call, title=f"Chore {'abcdef'[number]}", minutes_each=10 * number, owner=f"team-{number % 2}")
    first = call("GET", "/v1/backlog", query={"limit": "2"})
    second = call("GET", "/v1/backlog", query={"limit": "2", "cursor": first.body["next_cursor"]})
    third = call("GET", "/v1/backlog", query={"limit": "2", "cursor": second.body["next_cursor"]})
    scores = [item["score"] for page in (first, second, third) for item in page.body["items"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 5
    assert third.body["next_cursor"] is None
    assert "evidence" not in first.body["items"][0]

    def titles(**query: str) -> list[str]:
        return [item["title"] for item in call("GET", "/v1/backlog", query=query).body["items"]]

    assert titles(owner="team-0", sort="score") == ["Chore c", "Chore e"]
    assert titles(q="CHORE D") == ["Chore d"]
    assert titles(min_score="16") == ["Chore f"]
    assert titles(status="accepted") == titles(source="check") == []


def test_a_task_that_has_not_changed_is_not_sent_again(call: Caller) -> None:
    path = added(call).headers["Location"]
    assert call("GET", path, headers={"If-None-Match": '"1"'}).status == 304


def test_the_leaderboard_counts_what_is_automated_and_what_could_be(call: Caller) -> None:
    path = added(call).headers["Location"]
    added(call, title="Rotate the logs", owner="data", minutes_each=120)
    call("PATCH", path, {"status": "automated", "bot": "triage"}, headers={"If-Match": '"1"'})
    board = call("GET", "/v1/backlog/leaderboard").body
    assert board["total"] == {"hours_saved": 1.5, "hours_potential": 2.0, "tasks": 2}
    assert [task["title"] for task in board["tasks"]] == ["Renew the certificate", "Rotate the logs"]
    assert board["bots"] == [{"bot": "triage", "hours_saved": 1.5, "hours_potential": 0.0, "tasks": 1}]
    assert [owner["owner"] for owner in board["owners"]] == ["platform", "data"]


@dataclass(frozen=True)
class Refusal(RiskPolicy):
    """A policy that refuses everything for one reason."""

    verdict: Verdict
    code: str

    def decide(self, document: Any, now: datetime) -> Decision:
        reason = Reason(code=self.code, message="not now")
        return Decision(verdict=self.verdict, reasons=(reason,), bundle_digest="1" * 64, decided_at=now)


@pytest.mark.parametrize(
    ("verdict", "code", "status", "shown"),
    [
        (Verdict.DENY, "bot_paused", 403, "policy.bot_paused"),
        (Verdict.DENY, "limit_per_hour", 429, "limit.limit_per_hour"),
        (Verdict.UNKNOWN, "facts_missing", 503, "dependency.facts_missing"),
    ],
)
def test_what_policy_refuses_is_told_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, verdict: Verdict, code: str, status: int, shown: str
) -> None:
    plane = Plane(policy=Refusal(verdict, code))
    wire(monkeypatch, bot, routes, plane.wiring())
    answer = Caller(plane)("POST", "/v1/backlog", DRAFT)
    assert (answer.status, answer.body["code"]) == (status, shown)
    assert not plane.tasks.tasks


def test_events_and_people_share_one_list(call: Caller) -> None:
    call.plane.bot().run(check_failed(1))
    added(call)
    sources = {
        item["source"] for item in call("GET", "/v1/backlog", query={"sort": "-updated"}).body["items"]
    }
    assert sources == {"check", "person"}
