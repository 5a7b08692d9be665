"""`writ erasures` and `writ holds` over the bot's own routes."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.erasures.api import api
from functions.erasures.handler import bot
from tests.support.commands import Command, commanding, shown
from tests.unit.erasures.conftest import Desk

WHY = ("--reason", "article 17")


@pytest.fixture
def writ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, desk: Desk) -> Command:
    return commanding(monkeypatch, tmp_path, api)


def test_a_person_is_erased_by_two(writ: Command, desk: Desk) -> None:
    asked = writ("erasures", "request", "octocat", *WHY)
    assert f"a second person decides: writ actions approve {desk.waiting()}" in asked.stderr
    ref = desk.plane.actions.records[desk.waiting()].action.target.id
    assert shown(writ("erasures", "show", ref, "--json"))["person"] == "octocat"
    desk.plane.approve(desk.waiting(), "bob", bot)
    desk.runs.settle()
    [erased] = shown(writ("erasures", "list", "--json"))["items"]
    assert (erased["subject"], erased["entries"]) == (ref, 2)
    assert "erased" in writ("erasures", "list").stdout


def test_a_hold_is_placed_listed_and_lifted_by_two(writ: Command, desk: Desk) -> None:
    writ("holds", "place", "case-1", "--subject", "octocat", *WHY)
    desk.plane.approve(desk.waiting(), "bob", bot)
    assert "octocat" in writ("holds", "list").stdout
    refused = writ("erasures", "request", "octocat", *WHY)
    assert (refused.exit_code, "legal hold" in refused.stderr) == (1, True)
    writ("holds", "lift", "case-1", *WHY)
    desk.plane.approve(desk.waiting(), "bob", bot)
    assert shown(writ("holds", "list", "--json"))["items"] == []
