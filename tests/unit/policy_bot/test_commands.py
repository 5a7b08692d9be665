"""`writ policy` over the policy bot's own routes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from functions.policy.api import api
from functions.policy.handler import bot
from tests.support.commands import Command, commanding, shown
from tests.support.controls import ControlledPlane
from tests.unit.policy.facts import complete

DECLARE = ("policy", "freezes", "declare", "year-end", "--owner", "platform", "--reason", "books closed")
GRANT = ("policy", "exceptions", "grant", "migration", "--owner", "platform", "--reason", "moving")
UNTIL = ("--until", "2026-03-04T10:00:00Z")


@pytest.fixture
def writ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plane: ControlledPlane) -> Command:
    return commanding(monkeypatch, tmp_path, api)


def test_a_decision_is_shown_with_its_reasons(writ: Command, tmp_path: Path) -> None:
    question = tmp_path / "question.json"
    question.write_text(json.dumps(complete(bot__paused=True)))
    text = writ("policy", "decide", str(question)).stdout
    assert "decision: deny" in text
    assert "bot release is paused" in text


def test_a_freeze_is_declared_listed_and_lifted_by_two(writ: Command, plane: ControlledPlane) -> None:
    made = shown(writ(*DECLARE, *UNTIL, "--bot", "release", "--bot", "canary", "--json"))
    assert made["scope"] == {"bots": ["release", "canary"], "actions": []}
    line = writ("policy", "freezes", "list").stdout.splitlines()[-1]
    assert "in force" in line
    assert "release, canary" in line
    asked = writ("policy", "freezes", "lift", "year-end", "--reason", "done")
    assert "a second person decides: writ actions approve act-" in asked.stderr
    (waiting,) = (id for id, record in plane.actions.records.items() if record.outcome is None)
    plane.approve(waiting, "bob", bot)
    assert shown(writ("policy", "freezes", "list", "--json"))["items"] == []


def test_a_freeze_that_comes_again_is_declared_and_shows_when_it_does(writ: Command) -> None:
    weekend = (*DECLARE, "--until", "2030-01-01T00:00:00Z", "--weekly", "fri 16:00/mon 07:00")
    made = shown(writ(*weekend, "--zone", "Europe/Berlin", "--json"))
    assert made["repeats"]["first"] == "fri 16:00"
    (item,) = shown(writ("policy", "freezes", "list", "--json"))["items"]
    assert item["occurrence"]["starts_at"] == "2026-03-06T15:00:00Z"
    assert "fri 16:00 to mon 07:00" in " ".join(writ("policy", "freezes", "list").stdout.split())
    for wrong in (("--weekly", "friday"), ("--weekly", "fri 16:00/", "--zone", "Europe/Berlin")):
        result = writ(*DECLARE, *UNTIL, *wrong)
        assert (result.exit_code, "field: --weekly" in result.stderr) == (2, True)
    result = writ(*weekend, "--yearly", "12-20/01-02")
    assert "field: --yearly" in result.stderr


def test_an_exception_is_asked_for_granted_and_revoked(writ: Command, plane: ControlledPlane) -> None:
    asked = shown(writ(*GRANT, *UNTIL, "--rule", "limit_per_hour", "--bot", "release", "--json"))
    plane.approve(asked["action"], "bob", bot)
    assert "limit_per_hour" in writ("policy", "exceptions", "list").stdout
    revoked = shown(writ("policy", "exceptions", "revoke", "migration", "--reason", "moved", "--json"))
    assert revoked == {"id": "migration", "state": "revoked"}


def test_what_makes_no_sense_is_named(writ: Command) -> None:
    result = writ(*GRANT, *UNTIL, "--rule", "bot_paused", "--bot", "release")
    assert (result.exit_code, "field: rule" in result.stderr) == (2, True)
    result = writ(*DECLARE, "--until", "tomorrow")
    assert (result.exit_code, "field: --until" in result.stderr) == (2, True)
