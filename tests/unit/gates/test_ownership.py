"""Ownership: CODEOWNERS as GitHub reads it, and what must have an owner."""

from __future__ import annotations

import pytest

from tests.unit.gates.running import judged, rules
from writ.contracts.action import Verdict
from writ.gates.codeowners import parse
from writ.gates.exceptions import FILE
from writ.gates.model import Effect


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*", ["a", "a/b/c"], []),
        ("*.js", ["a.js", "b/c/a.js"], ["a.jsx"]),
        ("/build/logs/", ["build/logs/a", "build/logs/a/b"], ["x/build/logs/a", "build/logs"]),
        ("docs/*", ["docs/a.md"], ["docs/a/b.md", "x/docs/a.md"]),
        ("apps/", ["apps/a", "x/apps/a/b"], ["apps"]),
        ("/docs/", ["docs/a"], ["x/docs/a"]),
        ("/scripts/run", ["scripts/run", "scripts/run/a"], ["scripts/runner"]),
        ("**/logs", ["logs/a", "x/y/logs/b", "logs"], ["logsx"]),
        ("a/**/b", ["a/b", "a/x/y/b"], ["a/xb"]),
        ("a/**", ["a/b", "a/b/c"], ["ab"]),
        ("a?c", ["abc", "x/abc"], ["a/c", "abbc"]),
        ("a\\ b", ["a b"], ["a"]),
        ("a.b", ["a.b"], ["axb"]),
    ],
)
def test_pattern_matches_as_github_says(pattern: str, yes: list[str], no: list[str]) -> None:
    owners = parse([f"{pattern} @ann"])
    assert [path for path in yes if not owners.of(path)] == []
    assert [path for path in no if owners.of(path)] == []


def test_last_line_that_matches_counts_and_may_name_nobody() -> None:
    owners = parse(["# all", "* @acme/all ann@acme.example", "", "/apps/ @ben # his", "/apps/free"])
    assert owners.of("x") == ("@acme/all", "ann@acme.example")
    assert owners.of("apps/a") == ("@ben",)
    assert owners.of("apps/free") == ()


@pytest.mark.parametrize("line", ["!a @ann", "[ab] @ann", "a ann", "a @ann @", "a @a/b/c"])
def test_line_that_github_does_not_read_owns_nothing_and_is_denied(line: str) -> None:
    report = judged({"CODEOWNERS": f"* @ann\n{line}\n", "a": ""}, "ownership")
    assert rules(report) == ["ownership/mistake"]
    assert str(report.standing[0].place) == "CODEOWNERS:2"


def test_change_of_a_file_that_nobody_owns_needs_a_person() -> None:
    owners = {"CODEOWNERS": "/CODEOWNERS @ann\n/src/ @ann\n"}
    base = {**owners, "old": "1"}
    report = judged({**base, "src/a": "1", "new": "1"}, "ownership", base=base)
    assert (report.verdict, [v.subject for v in report.standing]) == (Verdict.REVIEW, ["new"])
    whole = judged({**base, "new": "1"}, "ownership")
    assert whole.verdict is Verdict.ALLOW
    assert [(v.subject, v.effect) for v in whole.violations] == [("new", Effect.NOTE), ("old", Effect.NOTE)]


def test_file_of_exceptions_has_an_owner() -> None:
    files = {".github/CODEOWNERS": "/.github/ @ann\n", FILE: "exceptions: []\n"}
    report = judged(files, "ownership")
    assert [(v.rule, v.subject) for v in report.standing] == [("ownership/unguarded", FILE)]
    files[".github/CODEOWNERS"] += "/.gates/ @ann\n"
    assert judged(files, "ownership").verdict is Verdict.ALLOW


def test_repository_without_owners_is_not_asked() -> None:
    assert judged({"a": ""}, "ownership").gates[0].skipped == "there is no CODEOWNERS"


def test_owners_that_are_no_text_are_unknown() -> None:
    assert judged({"CODEOWNERS": b"\xff\xfe"}, "ownership").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "after",
    [
        {},
        {"CODEOWNERS": "* @attacker\n"},
        {"CODEOWNERS": "/CODEOWNERS @ann\n", ".github/CODEOWNERS": "* @attacker\n"},
    ],
    ids=["deleted", "taken over", "shadowed"],
)
def test_change_cannot_rewrite_the_owners_that_judge_it(after: dict[str, str]) -> None:
    report = judged({**after, "new": "1"}, "ownership", base={"CODEOWNERS": "/CODEOWNERS @ann\n"})
    assert report.verdict is Verdict.REVIEW
    assert {"ownership/rewritten", "ownership/unowned"} <= set(rules(report))
    assert "new" in [violation.subject for violation in report.standing]


def test_exceptions_that_lose_their_owner_are_denied_with_the_deleted_file() -> None:
    kept = {FILE: "exceptions: []\n"}
    report = judged(kept, "ownership", base={**kept, "CODEOWNERS": "* @ann\n"})
    assert report.verdict is Verdict.DENY


@pytest.mark.parametrize("pattern", ["a*a*a*a*a*b", "**/**/x", "a/**/b/**/c/**/d", "*" * 30 + "b"])
def test_pattern_that_takes_long_is_named_and_never_tried(pattern: str) -> None:
    report = judged({"CODEOWNERS": f"* @ann\n{pattern} @ann\n", "a" * 200: ""}, "ownership")
    assert rules(report) == ["ownership/mistake"]
    assert str(report.standing[0].place) == "CODEOWNERS:2"
