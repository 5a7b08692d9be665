"""What a pull request says: figures that are honest, and nothing of others' text that does anything."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from writ.dependencies.body import LONGEST, Row, Story, body, title
from writ.dependencies.score import Earlier, Score, score

ROW = Row("idna", "3.6", "3.7", "minor", 240, "not tried before")
EARLIER = [Earlier("pypi/idna", "3.6", "3.7", True)] * 12 + [Earlier("pypi/idna", "3.6", "3.7", False)]


@pytest.mark.parametrize(
    ("counted", "text"),
    [
        (Score(0, 0, True), "not tried before"),
        (Score(2, 2, True), "2 of 2, too few to tell"),
        (Score(5, 5, True), "5 of 5 (56 to 100 %)"),
        (Score(12, 13, True), "12 of 13 (66 to 99 %)"),
        (Score(0, 8, False), "0 of 8 of this package's bumps (0 to 33 %)"),
    ],
)
def test_a_score_says_how_little_it_knows(counted: Score, text: str) -> None:
    assert counted.text == text


def test_the_interval_is_wilsons() -> None:
    low, high = Score(81, 263, True).interval  # Wilson (1927), as R's prop.test without correction gives it
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_the_same_step_counts_before_others_of_the_package() -> None:
    assert score("pypi/idna", "3.6", "3.7", EARLIER) == Score(12, 13, True)
    assert score("pypi/idna", "3.7", "3.8", EARLIER) == Score(12, 13, False)
    assert score("npm/idna", "3.6", "3.7", EARLIER) == Score(0, 0, False)


def test_the_body_shows_each_member_and_why() -> None:
    text = body(Story("pypi-minor", [ROW, replace(ROW, package="certifi", age_hours=20)], 7))
    assert "| idna | `3.6` | `3.7` | minor | 10 d | not tried before |" in text
    assert "| certifi | `3.6` | `3.7` | minor | 20 h | not tried before |" in text
    assert "older than the cooldown of 7 days" in text


def test_the_body_says_that_a_release_is_early() -> None:
    row = replace(ROW, advisories=("GHSA-35jh-r3h4-6jhm",))
    assert "before the cooldown is over" in body(Story("early-pypi-idna", [row], 7, early=True))
    assert "**Security:** fixes GHSA-35jh-r3h4-6jhm." in body(Story("security-pypi-idna", [row], 7))


def test_notes_of_others_do_nothing() -> None:
    tricks = (
        "@octocat closes #1\n</details><script>\n| a | b |\n```\n[x](https://elsewhere.example)\n<!-- a -->"
    )
    text = body(Story("g", [replace(ROW, package="i|d<na", notes=(("v1 @you", tricks),))], 7))
    notes = text[text.index("<details>") :]
    assert len(re.findall(r"(?<!\\)<", notes)) == 6  # ours: details, summary, sub, and their ends
    assert "@octocat" not in notes
    assert re.search(r"(?i)closes|#\d", notes) is None
    assert "\\[x\\](https" in notes
    assert "| i\\|d\\<na |" in text


def test_the_body_fits_the_forge() -> None:
    rows = [replace(ROW, package=f"package-{n}", notes=(("v1", "word " * 2_000),)) for n in range(60)]
    assert len(body(Story("g", rows, 7))) < LONGEST + 200


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([ROW], "build(deps): bump idna from 3.6 to 3.7"),
        ([replace(ROW, advisories=("GHSA",))], "fix(deps): bump idna from 3.6 to 3.7"),
        ([ROW, replace(ROW, package="certifi")], "build(deps): bump idna 3.7 and certifi 3.7"),
        ([ROW] * 4, "build(deps): bump 4 packages of g"),
    ],
)
def test_titles_are_conventional(rows: list[Row], expected: str) -> None:
    assert title(Story("g", rows, 7)) == expected
