"""`writ bots` over the registry's own routes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from functions.registry.api import api
from functions.registry.performance import Tally, slot
from tests.support.commands import Command, commanding, shown
from tests.support.controls import ControlledPlane
from tests.support.memory import START
from tests.unit.registry.conftest import MemoryStatistics


@pytest.fixture
def writ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plane: ControlledPlane) -> Command:
    return commanding(monkeypatch, tmp_path, api)


def test_a_list_shows_state_success_and_budget(writ: Command, statistics: MemoryStatistics) -> None:
    statistics.counted["backlog"] = {slot(START): Tally(succeeded=998, failed=2)}
    writ("bots", "pause", "policy", "--reason", "looking into it")
    lines = {line.split()[0]: line for line in writ("bots", "list").stdout.splitlines() if line.strip()}
    assert "active" in lines["backlog"]
    assert "99.80 %" in lines["backlog"]
    assert "60.00 %" in lines["backlog"]
    assert "paused" in lines["policy"]
    assert "system" in lines["reconciler"]


def test_a_bot_is_shown_with_limits_triggers_and_live_success(
    writ: Command, statistics: MemoryStatistics
) -> None:
    statistics.counted["backlog"] = {slot(START - timedelta(days=2)): Tally(succeeded=3, failed=1, denied=7)}
    text = writ("bots", "show", "backlog").stdout
    for part in (
        "99.5 % succeed, p95 within 2000 ms",
        "event IssueLabelled.v1",
        "label: toil, automation, chore",
        "schedule rate(1 hour)",
        "retire-task",
        "backlog (read, upsert)",
        "docs/runbooks/backlog.md",
        "75.00 %",
    ):
        assert part in text, part


@pytest.mark.parametrize("bot", ["registry", "reconciler", "policy", "intake"])
def test_every_kind_of_bot_can_be_shown(writ: Command, bot: str) -> None:
    result = writ("bots", "show", bot)
    assert (result.exit_code, bot in result.stdout) == (0, True)


def test_a_pause_and_a_resumption_say_what_holds_now(writ: Command) -> None:
    paused = shown(writ("bots", "pause", "backlog", "--reason", "it loops", "--json"))
    assert (paused["paused"], paused["by"], paused["reason"]) == (True, "Ann", "it loops")
    resumed = shown(writ("bots", "resume", "backlog", "--reason", "mended", "--json"))
    assert resumed["paused"] is False


def test_one_action_is_paused_and_shown_as_paused(writ: Command) -> None:
    words = ("bots", "pause", "backlog", "--action", "retire-task", "--reason", "it loops")
    assert "retire-task" in writ(*words).stdout
    text = writ("bots", "show", "backlog").stdout
    (line,) = [line for line in text.splitlines() if line.strip().startswith("retire-task")]
    assert "paused" in line
    assert "active" in next(row for row in text.splitlines() if row.strip().startswith("add-task"))


def test_a_refusal_names_the_field(writ: Command) -> None:
    result = writ("bots", "pause", "registry", "--reason", "why not")
    assert result.exit_code == 1
    assert "field: bot" in result.stderr
    assert writ("bots", "show", "nobody").exit_code == 1
