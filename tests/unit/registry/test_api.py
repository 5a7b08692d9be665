"""The registry's routes as callers see them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from functions.registry import api as module
from functions.registry.api import api
from functions.registry.handler import bot
from functions.registry.performance import Tally, slot
from stacks.manifest import load_folders
from tests.support.controls import ControlledPlane
from tests.support.http import Answer, call
from tests.support.memory import START
from tests.unit.registry.conftest import MemoryStatistics
from writ.contracts.action import Status
from writ.contracts.counters import counter_key
from writ.contracts.errors import WritError
from writ.contracts.events.controls import ActionPaused, BotPaused, BotResumed
from writ.ports.controls import FREEZES, pause_key
from writ.runtime.catalog import load

WHY = {"reason": "it loops"}


def pause(name: str = "backlog", body: object = WHY, what: str = "pause") -> Answer:
    return call(api, "POST", f"/v1/bots/{name}/{what}", body, name="Ann")


def resume(name: str = "backlog") -> Answer:
    return pause(name, {"reason": "mended"}, "resume")


def test_every_folder_is_listed_by_name(plane: ControlledPlane) -> None:
    listed = call(api, "GET", "/v1/bots").body
    assert [item["name"] for item in listed["items"]] == [folder.name for folder in load_folders()]
    assert listed["next_cursor"] is None
    (backlog,) = (item for item in listed["items"] if item["name"] == "backlog")
    assert backlog == {
        "name": "backlog",
        "summary": "Finds repetitive work, scores it and keeps the list in order.",
        "kind": "bot",
        "owner": "platform",
        "paused": False,
        "objective": 99.5,
        "success": None,
        "budget_left": 100.0,
    }


def test_a_list_is_paged_by_name(plane: ControlledPlane) -> None:
    names: list[str] = []
    cursor = ""
    while True:
        page = call(api, "GET", f"/v1/bots?limit=2{cursor}").body
        assert len(page["items"]) <= 2
        names += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert names == [folder.name for folder in load_folders()]


def test_a_bot_is_shown_whole(plane: ControlledPlane, statistics: MemoryStatistics) -> None:
    statistics.counted["backlog"] = {
        slot(START): Tally(succeeded=998, failed=2, denied=5, total_ms=201_000),
        slot(START - timedelta(hours=24)): Tally(succeeded=1000, expired=1),
        slot(START - timedelta(days=30)): Tally(failed=1000),
    }
    shown = call(api, "GET", "/v1/bots/backlog").body
    assert shown["live"] == {
        "last_24_hours": {
            "success": 99.8,
            "budget_left": 60.0,
            "average_ms": 200,
            "actions": {"succeeded": 998, "failed": 2, "denied": 5, "expired": 0},
        },
        "last_30_days": {
            "success": 99.9,
            "budget_left": 80.0,
            "average_ms": 100,
            "actions": {"succeeded": 1998, "failed": 2, "denied": 5, "expired": 1},
        },
    }
    retire = next(action for action in shown["actions"] if action["name"] == "retire-task")
    assert (retire["risk"], retire["limits"]["per_hour"], retire["approval_hours"]) == ("high", 50, 168)
    assert {"event": "IssueLabelled.v1", "where": {"label": ["toil", "automation", "chore"]}} in shown[
        "triggers"
    ]
    assert {"route": "GET /v1/backlog", "auth": "jwt", "workflows": False} in shown["routes"]
    assert shown["needs"] == {"tables": {"backlog": ["read", "upsert"]}}
    assert "BacklogTaskScored.v1" in shown["emits"]
    assert shown["slo"] == {"success": 99.5, "p95_ms": 2000}
    assert (shown["paused"], shown["since"]) == (False, None)


def test_a_pause_is_an_action_of_the_caller_with_evidence(plane: ControlledPlane) -> None:
    done = pause()
    assert done.status == 200
    assert done.body == {
        "name": "backlog",
        "paused": True,
        "by": "Ann",
        "reason": "it loops",
        "since": "2026-03-02T10:00:00Z",
    }
    action = done.headers["Writ-Action"]
    assert set(plane.evidence.entries) == {f"{action}.intent", f"{action}.outcome"}
    record = plane.actions.records[action]
    assert (record.cause.actor_kind, record.cause.actor_id) == ("person", "ann")
    (news,) = plane.announced()
    assert news.data == BotPaused(bot="backlog", by="Ann", reason="it loops")
    assert call(api, "GET", "/v1/bots/backlog").body["paused"] is True


def test_one_action_is_paused_beside_the_others_and_resumed(plane: ControlledPlane) -> None:
    def states() -> dict[str, bool]:
        shown = call(api, "GET", "/v1/bots/backlog").body
        assert shown["paused"] is False
        return {action["name"]: action["paused"] for action in shown["actions"]}

    done = pause("backlog/actions/retire-task")
    assert (done.status, done.body["action"], done.body["paused"]) == (200, "retire-task", True)
    (news,) = plane.announced()
    assert news.data == ActionPaused(bot="backlog", action="retire-task", by="Ann", reason="it loops")
    assert [name for name, paused in states().items() if paused] == ["retire-task"]
    again = pause("backlog/actions/retire-task", {"reason": "me too"})
    assert (again.body["reason"], "Writ-Action" in again.headers) == ("it loops", False)
    assert resume("backlog/actions/retire-task").body["paused"] is False
    assert not any(states().values())


@pytest.mark.parametrize(
    ("name", "status", "field"),
    [
        ("backlog/actions/dance", 404, "action"),
        ("nobody/actions/dance", 404, "bot"),
        ("registry/actions/resume-bot", 409, "bot"),
    ],
)
def test_a_pause_of_an_action_that_would_hold_nothing_or_for_ever_is_refused(
    plane: ControlledPlane, name: str, status: int, field: str
) -> None:
    answer = pause(name)
    assert (answer.status, answer.body["field"]) == (status, field)
    assert not plane.controls.documents


def test_a_paused_bot_stays_paused_with_the_first_reason(plane: ControlledPlane) -> None:
    first = pause()
    plane.clock.forward(minutes=5)
    again = pause(body={"reason": "me too"})
    assert (again.status, again.body) == (200, first.body)
    assert len(plane.actions.records) == 1


def test_a_resumed_bot_acts_again(plane: ControlledPlane) -> None:
    pause()
    plane.clock.forward(minutes=5)
    done = resume()
    assert (done.status, done.body["paused"], done.body["reason"]) == (200, False, "mended")
    assert isinstance(plane.announced()[-1].data, BotResumed)
    assert resume().status == 200
    assert len(plane.actions.records) == 2


def test_a_bot_can_be_stopped_in_a_freeze_of_everything(plane: ControlledPlane) -> None:
    plane.controls.documents[FREEZES] = (
        '{"items":[{"id":"all","scope":{},"owner":"platform","reason":"quiet","declared_by":"ann",'
        '"starts_at":"2026-03-01T00:00:00Z","ends_at":"2026-03-09T00:00:00Z"}]}'
    )
    assert (pause().status, resume().status) == (200, 200)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("registry", 409, "conflict.last_resort"),
        ("reconciler", 409, "conflict.no_actions"),
        ("nobody", 404, "not_found"),
        ("Back%20log", 404, "not_found"),
        ("%00", 404, "not_found"),
    ],
)
def test_what_cannot_be_paused_is_named(plane: ControlledPlane, name: str, status: int, code: str) -> None:
    answer = pause(name)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (status, code, "bot")
    assert not plane.actions.records
    assert not plane.controls.documents


def test_a_state_that_cannot_be_read_is_unknown_and_a_pause_mends_it(plane: ControlledPlane) -> None:
    plane.controls.documents[pause_key("backlog")] = '{"paused": "perhaps"}'
    assert call(api, "GET", "/v1/bots/backlog").body["paused"] is None
    assert pause().body["paused"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", "body"),
        ("[]", "body"),
        ("", "body"),
        ({}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": 7}, "reason"),
        ({"reason": "   "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "x", "force": True}, "force"),
    ],
)
@pytest.mark.parametrize("what", ["pause", "resume"])
def test_a_bad_body_is_named_and_changes_nothing(
    plane: ControlledPlane, what: str, body: object, field: str
) -> None:
    answer = pause("backlog", body, what)
    assert (answer.status, answer.body["field"]) == (400, field)
    assert not plane.actions.records
    assert not plane.controls.documents


@pytest.mark.parametrize(
    ("query", "field"), [("limit=0", "limit"), ("cursor=nobody", "cursor"), ("state=paused", "state")]
)
def test_a_bad_parameter_is_named(plane: ControlledPlane, query: str, field: str) -> None:
    answer = call(api, "GET", f"/v1/bots?{query}")
    assert (answer.status, answer.body["field"]) == (400, field)


def test_a_reason_keeps_no_secret(plane: ControlledPlane) -> None:
    pause(body={"reason": "mail ann@example.com, token=abcdef123456"})
    assert "@" not in plane.controls.documents[pause_key("backlog")]
    assert "abcdef" not in plane.controls.documents[pause_key("backlog")]


def test_health_needs_nobody_and_no_store(plane: ControlledPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    class Deployed:
        version = "1.2.3"

    monkeypatch.setattr(module, "current", Deployed)
    monkeypatch.delitem(bot.__dict__, "wiring")
    answer = call(api, "GET", "/v1/health", sub=None)
    assert (answer.status, answer.body) == (200, {"status": "ok", "version": "1.2.3"})
    assert "wiring" not in bot.__dict__


@pytest.mark.parametrize("path", ["/v1/bots", "/v1/bots/backlog"])
def test_nobody_unknown_sees_or_stops_a_bot(plane: ControlledPlane, path: str) -> None:
    assert call(api, "GET", path, sub=None).status == 401
    assert call(api, "POST", "/v1/bots/backlog/pause", WHY, sub=None).status == 401
    assert not plane.controls.documents


def test_a_catalog_that_is_not_there_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"backlog": {}}')
    for name in ("missing.json", "bad.json"):
        with pytest.raises(WritError) as raised:
            load(tmp_path / name)
        assert raised.value.code == "catalog.unreadable"


def test_the_limit_on_pauses_holds(plane: ControlledPlane) -> None:
    plane.actions.counters[counter_key("registry", "pause-bot"), "2026030210"] = 500
    answer = pause()
    assert (answer.status, answer.body["code"]) == (429, "limit.limit_per_hour")
    (record,) = plane.actions.records.values()
    assert record.outcome is not None
    assert record.outcome.status is Status.DENIED
    assert not plane.controls.documents


def test_nothing_is_paused_on_facts_that_cannot_be_read(plane: ControlledPlane) -> None:
    plane.controls.documents[FREEZES] = '{"items": [{"id": "all"}]}'
    answer = pause()
    assert (answer.status, answer.body["code"]) == (503, "dependency.facts_missing")
    assert answer.headers["Retry-After"]
    assert pause_key("backlog") not in plane.controls.documents


def test_a_registry_that_was_paused_by_hand_says_so(plane: ControlledPlane) -> None:
    plane.controls.documents[pause_key("registry")] = '{"paused": true}'
    answer = pause()
    assert (answer.status, answer.body["code"]) == (403, "policy.bot_paused")
    assert pause_key("backlog") not in plane.controls.documents
