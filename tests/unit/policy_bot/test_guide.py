"""What the guides show of policy is taken by the plane, whenever somebody types it."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest

from functions.policy.api import api
from tests.support.commands import Command, commanding, shown
from tests.support.controls import ControlledPlane
from tests.support.memory import START
from tests.unit.policy.facts import engine

ROOT = Path(__file__).parents[3]
GUIDES = ROOT / "docs" / "guides"
ASKING = ("policy freezes declare ", "policy exceptions grant ", "break-glass request ")
_LINE = re.compile(r"^ {4}writ (.*)$", re.MULTILINE)
_AHEAD = re.compile(r"\$\(date -u -d '\+(\d+) (days|years)' \+%FT%TZ\)")


def commands(page: Path, beginnings: tuple[str, ...] = ASKING) -> list[str]:
    """The commands of a page that begin so, each on one line."""
    lines = _LINE.findall(page.read_text(encoding="utf-8").replace("\\\n", " "))
    return [line for line in lines if line.startswith(beginnings)]


def at_start(line: str) -> str:
    """A command with the times that a shell computes, as it would when the plane's clock starts."""

    def computed(match: re.Match[str]) -> str:
        days = int(match[1]) * (366 if match[2] == "years" else 1)
        return f"{START + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"

    return _AHEAD.sub(computed, line)


@pytest.fixture
def writ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plane: ControlledPlane) -> Command:
    return commanding(monkeypatch, tmp_path, api)


def test_what_the_guides_set_is_taken(writ: Command) -> None:
    given = [line for page in sorted(GUIDES.glob("*.md")) for line in commands(page)]
    assert len(given) >= 7
    for line in given:
        result = writ(*shlex.split(at_start(line)))
        assert result.exit_code == 0, f"{line}: {result.stderr}"


def test_no_guide_sets_a_time_that_passes_or_is_too_far_ahead() -> None:
    setting = (*ASKING, "exceptions add ")
    given = [line for page in GUIDES.glob("*.md") for line in commands(page, setting)]
    assert [line for line in given if re.search(r"--until \"?\d", line)] == []


@pytest.mark.parametrize(
    ("sentence", "entrypoint"),
    [("Rules that can be waived:", "waivable"), ("Rules that can be overridden, in one scope:", "breakable")],
)
def test_the_guide_names_the_rules_that_can_be_waived_and_those_that_can_be_overridden(
    sentence: str, entrypoint: str
) -> None:
    guide = (GUIDES / "policy.md").read_text(encoding="utf-8")
    named, _, _ = guide.partition(sentence)[2].partition(".")
    assert sorted(re.findall(r"`(\w+)`", named)) == engine().evaluate(f"writ/actions/{entrypoint}", {})


def test_the_question_of_the_guide_is_whole_and_allowed(writ: Command, tmp_path: Path) -> None:
    guide = (GUIDES / "policy.md").read_text(encoding="utf-8")
    question = tmp_path / "question.json"
    question.write_text(guide.partition("```json\n")[2].partition("```")[0], encoding="utf-8")
    answer = shown(writ("policy", "decide", str(question), "--json"))
    assert (answer["verdict"], [reason["code"] for reason in answer["reasons"]]) == ("allow", ["risk_medium"])
