from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from cli.operate import policy_tests

RULES = "package a\n\nimport rego.v1\n\nb := input.x\n"
TESTS = "package a_test\n\nimport data.a\nimport rego.v1\n\ntest_holds if a.b == 1 with input.x as 1\n"
FAILING = "\ntest_fails if a.b == 2 with input.x as 1\n\nhelper if true\n"
ABORTING = '\nbase := {"x": 1}\n\ntest_aborts if a.b == 1 with input as base\n'


def write(folder: Path, tests: str) -> None:
    (folder / "a.rego").write_text(RULES)
    (folder / "a_test.rego").write_text(tests)


def test_a_rule_that_does_not_hold_fails_the_run(tmp_path: Path) -> None:
    write(tmp_path, TESTS + FAILING)
    outcome = {result.rule: result.status for result in policy_tests.run(tmp_path)}
    assert outcome == {"test_holds": "passed", "test_fails": "failed"}


def test_the_command_says_by_its_exit_code_what_happened(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(policy_tests.run_tests)
    runner = CliRunner()
    assert runner.invoke(app, [str(tmp_path)]).exit_code == 2
    write(tmp_path, TESTS)
    passed = runner.invoke(app, [str(tmp_path), "--json"])
    assert passed.exit_code == 0
    assert [result["status"] for result in json.loads(passed.stdout)] == ["passed"]
    write(tmp_path, TESTS + FAILING)
    failed = runner.invoke(app, [str(tmp_path)])
    assert failed.exit_code == 1
    assert "1 of 2 passed" in failed.stdout
    write(tmp_path, TESTS + ABORTING)
    assert runner.invoke(app, [str(tmp_path)]).exit_code == 1
