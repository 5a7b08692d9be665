"""Two linters over every template: no errors, and no warning without its reason, here or in stacks/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from cfnlint.api import lint
from cfnlint.core import get_rules

import stacks.acknowledge
from tests.infrastructure.synthesis import ENVS, REGION, Synthesis, Templates, app_of

PACKS = (AwsSolutionsChecks, ServerlessChecks)
IGNORED = {
    "W3005": "The CDK lists a function's role beside its policy; naming a dependency twice does no harm.",
}


def matches(plane: Templates) -> Iterator[tuple[str, str]]:
    """Rule of cfn-lint and what it says, for everything it finds."""
    rules = get_rules([], [], [])
    for path in sorted(plane.assembly.glob("*.template.json")):
        for match in lint(path.read_text(encoding="utf-8"), rules, [plane.settings.region or REGION]):
            yield match.rule.id, f"{path.name}: {match.rule.id} {match.message} ({match.path})"


def findings(app: App) -> set[tuple[str, str | None]]:
    """Rule and construct of everything that cdk-nag finds and nobody has acknowledged."""
    return {
        (violation.rule_name, resource.construct_path)
        for pack in PACKS
        for violation in pack(app).validate_scope(app).violations
        for resource in violation.violating_resources
    }


def test_cfn_lint_finds_nothing_unexplained_and_all_that_is_explained(plane: Synthesis) -> None:
    found = list(matches(plane))
    assert [said for rule, said in found if rule not in IGNORED] == []
    assert {rule for rule, _ in found} == set(IGNORED)


def test_cdk_nag_finds_nothing_unexplained(plane: Synthesis) -> None:
    assert findings(plane.app) == set()


@pytest.mark.parametrize("env", ENVS)
def test_every_acknowledged_finding_is_there_and_has_a_reason(
    env: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledged: list[tuple[str, str]] = []

    class Recorder:
        def __init__(self, construct: Any) -> None:
            self._path = construct.node.path

        @classmethod
        def of(cls, construct: Any) -> Recorder:
            return cls(construct)

        def acknowledge(self, rule: Any) -> None:
            assert len(rule.reason) > 20, rule
            acknowledged.append((rule.id, self._path))

    monkeypatch.setattr(stacks.acknowledge, "Validations", Recorder)
    found = findings(app_of(env, tmp_path)[0])
    stale = [
        (rule, path)
        for rule, path in acknowledged
        if not any(rule == other and f"{place}/".startswith(f"{path}/") for other, place in found)
    ]
    assert found
    assert stale == []
