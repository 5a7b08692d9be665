"""Exceptions to rules of gates in the one registry: `writ exceptions --api` over the policy bot's routes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.policy.api import api
from functions.policy.handler import bot
from tests.support.commands import Command, commanding, shown
from tests.support.controls import ControlledPlane, command
from tests.support.http import call
from writ.contracts.events.policy import ExceptionExpiring

ROUTE = "/v1/policy/gate-exceptions"
ADD = ("exceptions", "add", "left-pad", "--rule", "licences/forbidden", "--owner", "platform", "--api")
WHY = ("--reason", "replaced soon", "--component", "pkg:npm/left-pad", "--until", "2026-03-20T10:00:00Z")


@pytest.fixture
def writ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plane: ControlledPlane) -> Command:
    return commanding(monkeypatch, tmp_path, api)


def wanted(**changes: Any) -> dict[str, Any]:
    scope = {"repository": "acme/*", "path": "*", "component": "pkg:npm/left-pad", "versions": "*"}
    return {
        "id": "left-pad",
        "rule": "licences/forbidden",
        "scope": {**scope, **changes.pop("scope", {})},
        "owner": "platform",
        "reason": "replaced soon",
        "expires_at": "2026-03-20T10:00:00Z",
        **changes,
    }


def test_an_exception_is_asked_for_by_one_granted_by_another_and_revoked(
    writ: Command, plane: ControlledPlane
) -> None:
    asked = writ(*ADD, *WHY)
    assert "a second person decides" in asked.stderr
    assert call(api, "GET", ROUTE).body["items"] == []
    (waiting,) = (id for id, record in plane.actions.records.items() if record.outcome is None)
    plane.approve(waiting, "bob", bot)
    (item,) = shown(writ("exceptions", "list", "--api", "--json"))["items"]
    assert (item["id"], item["scope"]["component"]) == ("left-pad", "pkg:npm/left-pad")
    done = shown(writ("exceptions", "remove", "left-pad", "--reason", "replaced", "--api", "--json"))
    assert done == {"id": "left-pad", "state": "revoked"}
    kinds = [event.type for event in plane.bus.events]
    assert {"GateExceptionGranted.v1", "GateExceptionRevoked.v1"} <= set(kinds)


def test_an_exception_is_over_in_the_second_it_ends(plane: ControlledPlane) -> None:
    end = plane.clock.now() + timedelta(hours=1)
    asked = call(api, "POST", ROUTE, wanted(expires_at=end.isoformat()))
    plane.approve(asked.body["action"], "bob", bot)
    plane.clock.forward(minutes=59, seconds=59)
    assert len(call(api, "GET", ROUTE).body["items"]) == 1
    plane.clock.forward(seconds=1)
    assert call(api, "GET", ROUTE).body["items"] == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"rule": "licences/unreadable"}, "rule"),
        ({"rule": "nothing/forbidden"}, "rule"),
        ({"rule": "forbidden"}, "rule"),
        ({"expires_at": "2026-09-20T10:00:00Z"}, "expires_at"),
        ({"expires_at": "2026-03-20"}, "expires_at"),
        ({"scope": {"versions": "vers:npm/>=x"}}, "scope.versions"),
        ({"scope": {"versions": "vers:deb/>=1"}}, "scope.versions"),
        ({"scope": {"path": "[a-z]"}}, "scope.path"),
        ({"scope": {"bot": "*"}}, "scope.bot"),
        ({"owner": ""}, "owner"),
    ],
)
def test_what_makes_no_sense_is_named(plane: ControlledPlane, changes: dict[str, Any], place: str) -> None:
    answer = call(api, "POST", ROUTE, wanted(**changes))
    assert (answer.status, answer.body["field"]) == (400, place)
    assert not plane.actions.records


def test_owner_is_reminded_once_a_threshold(plane: ControlledPlane) -> None:
    asked = call(api, "POST", ROUTE, wanted(expires_at=(plane.clock.now() + timedelta(days=8)).isoformat()))
    plane.approve(asked.body["action"], "bob", bot)
    for number in range(18):
        plane.clock.forward(hours=12)
        bot.run(command("ScheduleTicked.v1", f"tick-{number}", plane.clock.now(), schedule="rate(1 hour)"))
    told = [event.data for event in plane.bus.events if event.type == "ExceptionExpiring.v1"]
    assert [(data.owner, data.hours) for data in told if isinstance(data, ExceptionExpiring)] == [
        ("platform", 168),
        ("platform", 24),
    ]
