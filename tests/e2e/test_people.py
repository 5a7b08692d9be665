"""What people do: pause a bot, approve what waits, change the backlog; each an action with evidence."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.conftest import Person, World, eventually, sample


def failing(name: str) -> Any:
    """A check run that failed, of a check by this name."""
    webhook = sample("check_run/completed.1.payload.json")
    run = {**_part(webhook.body, "check_run"), "name": name, "conclusion": "failure"}
    return sample("check_run/completed.1.payload.json", check_run={**run, "id": uuid.uuid4().int >> 80})


def _part(body: bytes, name: str) -> dict[str, Any]:
    part: dict[str, Any] = json.loads(body)[name]
    return part


def states(operator: Person, event_id: str) -> list[tuple[str, str | None]]:
    """What came of the actions of an event; empty until all of them have their outcome."""
    items = operator("GET", "v1/actions", bot="backlog", limit="100").json()["items"]
    details = [operator("GET", f"v1/actions/{item['id']}").json() for item in items]
    caused = [found for found in details if found["cause"]["event_id"] == event_id]
    if any(found["outcome"] is None for found in caused):
        return []
    return [(found["state"], found["outcome"]["code"]) for found in caused]


def test_a_paused_bot_acts_no_more_until_it_is_resumed(world: World, operator: Person) -> None:
    paused = operator("POST", "v1/bots/backlog/pause", {"reason": "it loops"})
    assert paused.status_code == 200
    assert operator("GET", "v1/bots/backlog").json()["paused"] is True
    (receipt,) = world.send(failing("while paused"))
    assert eventually(lambda: states(operator, receipt.event_id)) == [("denied", "bot_paused")]
    assert operator("POST", "v1/bots/backlog/resume", {"reason": "mended"}).status_code == 200
    (receipt,) = world.send(failing("after the pause"))
    assert eventually(lambda: states(operator, receipt.event_id)) == [("succeeded", None)]
    world.verified()


def test_a_high_risk_action_waits_for_another_person_and_resumes_once(
    world: World, operator: Person, colleague: Person
) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted = {
        "id": "migration",
        "rule": "limit_per_hour",
        "scope": {"bot": "backlog", "action": "*", "target": "*"},
        "owner": "platform",
        "reason": "a migration strengthens many tasks",
        "expires_at": tomorrow,
    }
    asked = operator("POST", "v1/policy/exceptions", wanted)
    assert asked.status_code == 202
    action = asked.json()["action"]
    assert operator("GET", "v1/policy/exceptions").json()["items"] == []
    own = operator("POST", f"v1/actions/{action}/approve", {"reason": "my own"})
    assert (own.status_code, own.json()["code"]) == (403, "forbidden.four_eyes")
    for _ in range(2):
        answer = colleague("POST", f"v1/actions/{action}/approve", {"reason": "agreed"})
        assert answer.status_code in (200, 202)
    shown = eventually(lambda: _closed(operator, action))
    assert shown["outcome"]["status"] == "succeeded"
    assert len(shown["evidence"]) == 3
    listed = operator("GET", "v1/policy/exceptions").json()["items"]
    assert [item["id"] for item in listed] == ["migration"]
    assert colleague("POST", f"v1/actions/{action}/reject", {"reason": "late"}).status_code == 409
    world.verified()


def test_a_rejected_action_never_happens(world: World, operator: Person, colleague: Person) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted = {
        "id": "unwanted",
        "rule": "freeze",
        "scope": {"bot": "*", "action": "*", "target": "*"},
        "owner": "platform",
        "reason": "convenience",
        "expires_at": tomorrow,
    }
    action = operator("POST", "v1/policy/exceptions", wanted).json()["action"]
    assert colleague("POST", f"v1/actions/{action}/reject", {"reason": "no"}).status_code in (200, 202)
    shown = eventually(lambda: _closed(operator, action))
    assert (shown["state"], shown["outcome"]["code"]) == ("denied", "approval.rejected")
    assert "unwanted" not in [item["id"] for item in operator("GET", "v1/policy/exceptions").json()["items"]]
    world.verified()


def test_the_backlog_is_changed_through_the_loop_with_etags(world: World, operator: Person) -> None:
    draft = {
        "title": "Rotate the signing key",
        "owner": "security",
        "frequency": {"count": 1, "per": "month"},
        "minutes_each": 60,
        "effort": 2,
    }
    added = operator("POST", "v1/backlog", draft)
    assert added.status_code == 201
    place, tag = added.headers["location"], added.headers["etag"]
    assert operator("POST", "v1/backlog", draft).status_code == 409
    changed = operator("PATCH", place, {"minutes_each": 30}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["minutes_each"]) == (200, 30)
    assert operator("PATCH", place, {"minutes_each": 5}, headers={"If-Match": tag}).status_code == 412
    assert operator("PATCH", place, {"minutes_each": 5}).status_code == 428
    bad = operator("PATCH", place, {"minutes_each": -1}, headers={"If-Match": changed.headers["etag"]})
    assert (bad.status_code, bad.json()["field"]) == (400, "minutes_each")
    scored = operator("POST", f"{place}/score", {"method": "wsjf"})
    assert (scored.status_code, scored.json()["method"]) == (200, "wsjf")
    board = operator("GET", "v1/backlog/leaderboard", limit="100").json()
    assert "Rotate the signing key" in [line["title"] for line in board["tasks"]]
    world.verified()


def _closed(person: Person, action: str) -> Any:
    shown = person("GET", f"v1/actions/{action}").json()
    return shown if shown["outcome"] else None
