"""Spans go where the settings say, with a collector beside every function, and nowhere until they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from stacks.constructs.bot import Bot
from stacks.constructs.shared import Code, Plane
from stacks.environment import environment
from stacks.grants import AUTHORITY, Resources
from stacks.manifest import load_folders
from stacks.settings import Collector, settings_for
from stacks.staging import Archive
from tests.infrastructure.synthesis import Synthesis

ARN = "arn:aws:lambda:eu-west-1:123456789012:layer:collector-arm64:7"
SETTINGS = replace(settings_for("prod"), collector=Collector(layer=ARN))


def test_no_environment_records_spans_until_somebody_says_where(plane: Synthesis) -> None:
    for function in plane.all("AWS::Lambda::Function"):
        assert (
            not {"WRIT_TRACES", "WRIT_TRACE_RATIO"} & function.properties["Environment"]["Variables"].keys()
        )


def test_every_function_is_told_where_and_how_much() -> None:
    for folder in load_folders():
        given = environment(folder, folder.name, SETTINGS, Resources(keys={}), ())
        assert given["WRIT_TRACES"] == "http://127.0.0.1:4318"
        assert given["WRIT_TRACE_RATIO"] == "0.05"


def test_collector_runs_beside_a_function_that_has_the_layer(tmp_path: Path) -> None:
    (folder,) = [folder for folder in load_folders() if folder.name == AUTHORITY]
    stack = Stack(App(), "test")
    (tmp_path / "code.zip").write_bytes(b"")
    archive = Archive(tmp_path / "code.zip", "0" * 64)
    plane = Plane(
        settings=SETTINGS,
        bus=None,
        streams={},
        boundary=iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "boundary"),
        alarms=sns.Topic(stack, "Alarms"),
        resources=Resources(keys={}),
        measured=(),
    )
    Bot(stack, "Bot", folder=folder, plane=plane, code=Code(archive, archive, archive), extra={})
    (function,) = Template.from_stack(stack).find_resources("AWS::Lambda::Function").values()
    assert function["Properties"]["Layers"][-1] == ARN
    assert len(function["Properties"]["Layers"]) == 3
