"""`writ demo gates`: each bad change is blocked by its rule alone; what is not as it says is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.demo import gates as demo_gates
from cli.gates import cases as gate_cases
from cli.gates.cases import Case


def demo(monkeypatch: pytest.MonkeyPatch, *cases: Case) -> tuple[int, dict[str, Any]]:
    monkeypatch.setattr(demo_gates, "cases", lambda now: cases)
    result = CliRunner().invoke(app, ["demo", "gates", "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_bad_changes_are_blocked_by_their_rule_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Case] = []

    def kept(now: Any) -> tuple[Case, ...]:
        made.extend(gate_cases.cases(now))
        return tuple(made)

    monkeypatch.setattr(demo_gates, "cases", kept)
    result = CliRunner().invoke(app, ["demo", "gates"])
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()[1:6]]
    assert [(row[0], *row[3:]) for row in rows] == [
        ("✔", "deny", "security/malicious", "bom.json:11", "allow"),
        ("✔", "deny", "licences/forbidden", "bom.json:11", "allow"),
        ("✔", "deny", "licences/strong-copyleft", "bom.json:11", "allow"),
        ("✔", "deny", "secrets/credential", "src/chat.py:2", "allow"),
        ("✔", "budget", "review", "slo/budget-spent", "checkout", "allow"),
    ]
    for said in (
        "→ Remove @acme-example/pad 1.4.1 at once",
        "exception chart has expired",
        "revoke the tokens",
    ):
        assert said in result.stdout
    (secret,) = [case.secret for case in made if case.secret]
    assert any(secret in text for case in made for text in case.bad.change.values())
    assert secret not in result.stdout


def of(rule: str) -> Case:
    return next(case for case in gate_cases.cases(datetime.now(UTC)) if case.rule == rule)


def test_harmless_change_is_not_said_to_be_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    case = of("slo/budget-spent")
    code, said = demo(monkeypatch, replace(case, bad=case.good))
    assert (code, said["ok"], said["cases"][0]["verdict"]) == (1, False, "allow")


def test_repair_that_mends_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    case = of("licences/forbidden")
    code, said = demo(monkeypatch, replace(case, good=case.bad))
    assert (code, said["cases"][0]["repaired"]["verdict"]) == (1, "deny")
    assert said["cases"][0]["repaired"]["violations"][0]["rule"] == "licences/forbidden"


def test_change_that_another_rule_blocks_too_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    case = of("secrets/credential")
    both = replace(case.bad, change={**case.bad.change, **of("licences/forbidden").bad.change})
    code, said = demo(monkeypatch, replace(case, bad=both))
    rules = {violation["rule"] for violation in said["cases"][0]["violations"]}
    assert (code, rules) == (1, {"secrets/credential", "licences/forbidden"})
