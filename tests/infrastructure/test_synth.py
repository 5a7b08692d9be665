"""Synthesis: what each target gets, the same twice, and a mistake is one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stacks.manifest import load_folders
from stacks.settings import TARGETS, Feature, settings_for
from stacks.staging import ROOT
from tests.infrastructure.synthesis import ENVS, Synthesis, synthesize, synthesized
from writ.contracts.errors import ContractError

# Types that the emulator rejects a whole stack for.
REFUSED = {
    "AWS::Events::Archive": Feature.ARCHIVE,
    "AWS::EventSchemas::Registry": Feature.SCHEMAS,
    "AWS::EventSchemas::Schema": Feature.SCHEMAS,
    "AWS::CloudWatch::CompositeAlarm": Feature.ALARM_MATH,
}
MANIFEST = """\
name: probe
summary: Probes whether the manifest is read.
owner: platform
triggers: [{schedule: rate(1 hour)}]
slo: {success: 99.5, p95_ms: 2000}
runbook: docs/runbooks/probe.md
"""


def test_what_a_target_may_refuse_carries_its_condition(plane: Synthesis) -> None:
    for type, feature in REFUSED.items():
        resources = plane.all(type)
        assert resources, type
        assert {resource.condition for resource in resources} == {f"Has{feature.value}"}, type
    for alarm in plane.all("AWS::CloudWatch::Alarm"):
        on_expression = any("Expression" in metric for metric in alarm.properties.get("Metrics", ()))
        assert alarm.condition == (f"Has{Feature.ALARM_MATH.value}" if on_expression else None), alarm


def test_a_condition_is_false_only_where_the_target_refuses(plane: Synthesis) -> None:
    for stack, template in plane.templates.items():
        for name, condition in template.get("Conditions", {}).items():
            feature = Feature(name.removeprefix("Has"))
            parameter = f"Accepts{feature.value}"
            assert condition == {"Fn::Equals": [{"Ref": parameter}, "true"]}, stack
            refused = feature in plane.settings.target.refuses
            assert template["Parameters"][parameter]["Default"] == ("false" if refused else "true"), stack


def test_aws_refuses_nothing_and_the_emulators_something() -> None:
    assert {env: settings_for(env).target.name for env in ENVS} == {
        "local": "emulator", "dev": "aws", "staging": "aws", "prod": "aws",
    }  # fmt: skip
    assert {name for name, target in TARGETS.items() if target.refuses} == {"emulator", "localstack"}


def test_templates_of_all_environments_have_the_same_resources() -> None:
    def shape(plane: Synthesis) -> list[tuple[str, str]]:
        native = plane.settings.target.embedded_metrics
        named = [(stack.removeprefix(f"writ-{plane.env}-"), t) for stack, t in plane.templates.items()]
        stacks = [(stack, t) for stack, t in named if native or stack != "bot-metrics"]
        only_with_tls = {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"}
        return sorted(
            (stack, body["Type"])
            for stack, template in stacks
            for body in template["Resources"].values()
            if body["Type"] not in only_with_tls and not for_runs(body["Properties"])
        )

    def for_runs(properties: Mapping[str, Any]) -> bool:
        """The door for runs of workflows is there where somebody says whose."""
        return properties.get("Name") == "Workflows" or " /workflows/" in properties.get("RouteKey", "")

    shapes = [shape(synthesized(env)) for env in ENVS]
    assert all(other == shapes[0] for other in shapes)


def test_no_template_is_larger_than_cloudformation_takes(plane: Synthesis) -> None:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    for path in plane.assembly.glob("*.template.json"):
        assert path.stat().st_size <= 1_000_000, path.name
    for stack, template in plane.templates.items():
        assert len(template["Resources"]) <= 500, stack


@pytest.mark.parametrize("env", ["local", "prod"])
def test_the_same_sources_give_the_same_assets(env: str, tmp_path: Path) -> None:
    again = synthesize(env, tmp_path)
    assert again.asset_hashes
    assert again.asset_hashes == synthesized(env).asset_hashes
    assert again.templates == synthesized(env).templates


def test_an_unknown_environment_is_one_clear_line() -> None:
    result = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps({"env": "nonsense"})},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in result.stderr.splitlines() if not line.startswith("b'")]
    assert (result.returncode, result.stdout) == (1, "")
    assert said == ["writ: -c env=nonsense: choose one of local, dev, staging, prod, witness"]


def test_an_unknown_target_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="-c target=moon: choose one of aws, emulator, localstack"):
        settings_for("dev", "moon")


@pytest.mark.parametrize(
    ("line", "field", "said"),
    [
        ("needs: {tables: {backlgo: [read]}}", "needs.tables", "there is no table backlgo"),
        ("needs: {buckets: {cellar: [read]}}", "needs.buckets", "there is no bucket cellar"),
        ("needs: {keys: {skeleton: [sign]}}", "needs.keys", "there is no key skeleton"),
        ("needs: {secrets: [santa]}", "needs.secrets", "there is no secret santa"),
        ("needs: {functions: [form]}", "needs.functions", "there is no function form"),
        ("emits: [NothingHappened.v1]", "emits", "there is no event type NothingHappened.v1"),
        ("needs: {tables: {backlog: [delete]}}", "needs.tables.backlog.0", "needs.tables.backlog.0"),
        ("routes: [{route: GET /v1/probe, auth: none}]", "routes.0", "needs a reason"),
        ("actions: {}\nkind: robot", "kind", "kind"),
        ("triggers: [{stream: backlog}]", "triggers.stream", "there is no stream of table backlog"),
        ("triggers: [{event: Ping.v1}]", "triggers.event", "there is no event type Ping.v1"),
        ("triggers: [{event: CheckFailed.v1, alarms: true}]", "triggers.0", "exactly one of"),
        ("name: other", "name", "must be the folder's name"),
    ],
)  # fmt: skip
def test_a_wrong_manifest_names_file_and_field(tmp_path: Path, line: str, field: str, said: str) -> None:
    folder = tmp_path / "probe"
    folder.mkdir()
    kept = [old for old in MANIFEST.splitlines() if old.split(":")[0] != line.split(":", maxsplit=1)[0]]
    (folder / "bot.yaml").write_text("\n".join([*kept, line]), encoding="utf-8")
    (folder / "handler.py").touch()
    with pytest.raises(ContractError) as caught:
        load_folders(tmp_path)
    assert "functions/probe/bot.yaml" in str(caught.value)
    assert said in str(caught.value)
    assert caught.value.field == field


def test_two_bots_cannot_own_one_route(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        text = MANIFEST.replace("probe", name) + "routes: [GET /v1/probe]\n"
        (tmp_path / name / "bot.yaml").write_text(text, encoding="utf-8")
        for module in ("handler.py", "api.py"):
            (tmp_path / name / module).touch()
    with pytest.raises(ContractError, match="GET /v1/probe belongs to first already"):
        load_folders(tmp_path)
