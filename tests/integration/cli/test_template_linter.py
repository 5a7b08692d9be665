"""cfn-lint over templates of strangers, in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.gates.template_linter import CfnLint, installed
from writ.contracts.errors import ContractError

QUEUE = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      Colour: red\n"


def test_remarks_have_their_lines_and_no_template_turns_rules_off_or_has_code_loaded(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "own.py").write_text(f"open({str(ran)!r}, 'w').close()\n")
    settings = f"      ignore_checks: [E3002]\n      append_rules: [{tmp_path}]\n"
    own = f"Metadata:\n  cfn-lint:\n    config:\n{settings}"
    linter = installed()
    assert linter is not None
    found = linter.lint({"a/t.yaml": QUEUE.encode(), "b/t.yaml": (own + QUEUE).encode()})
    assert [
        (path, remark.rule, remark.severity) for path, remarks in found.items() for remark in remarks
    ] == [
        ("a/t.yaml", "E3002", "error"),
        ("b/t.yaml", "E3002", "error"),
    ]
    assert [remarks[0].line for remarks in found.values()] == [5, 10]
    assert not ran.exists()


def test_settings_that_hide_are_refused_and_a_linter_that_takes_too_long_is_ended() -> None:
    with pytest.raises(ContractError, match="hides settings"):
        CfnLint().lint({"t.json": b'{"Metadata": {"cfn\\u002dlint": {}}, "Resources": {}}'})
    with pytest.raises(ContractError, match="took longer"):
        CfnLint(seconds=0.01).lint({"t.yaml": QUEUE.encode()})
