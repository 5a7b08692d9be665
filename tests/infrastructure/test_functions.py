"""Every function is made by the one construct, and so has everything that comes with it."""

from __future__ import annotations

import ast
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacks.names import PREVIEW_ROLE
from stacks.staging import MAX_UNZIPPED_BYTES, ROOT
from tests.infrastructure.synthesis import Resource, Synthesis

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ENVIRONMENT_BYTES = 4096


def functions(plane: Synthesis) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for function in plane.all("AWS::Lambda::Function"):
        yield function, plane.value(function.stack, function.properties)


# One window of a burn alarm; the composite of them tells.
WINDOWS = ("-burn-fastlong", "-burn-fastshort", "-burn-slowlong", "-burn-slowshort")


def alarms(plane: Synthesis) -> list[dict[str, Any]]:
    found = plane.all("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    return [plane.value(alarm.stack, alarm.properties) for alarm in found]


def zip_of(plane: Synthesis, code: dict[str, Any]) -> Path:
    return plane.assembly / f"asset.{code['S3Key']}"


def test_functions_are_those_of_the_manifests_and_no_others(plane: Synthesis) -> None:
    expected = {plane.names.thing(name) for folder in plane.folders for name in folder.functions}
    assert {properties["FunctionName"] for _, properties in functions(plane)} == expected


def test_every_function_has_what_the_construct_gives(plane: Synthesis) -> None:
    retention = {
        plane.value(group.stack, group.properties["LogGroupName"]): group.properties.get("RetentionInDays")
        for group in plane.all("AWS::Logs::LogGroup")
    }
    for function, properties in functions(plane):
        name = properties["FunctionName"]
        assert properties["LoggingConfig"] == {"LogGroup": f"/aws/lambda/{name}"}, function
        assert retention[f"/aws/lambda/{name}"] == plane.settings.log_days, function
        assert properties["TracingConfig"] == {"Mode": "Active"}, function
        assert properties["DeadLetterConfig"]["TargetArn"].endswith("-dlq"), function
        assert properties["Role"].endswith(f":role/{name}"), function
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"]), function


def test_every_role_has_the_boundary_and_only_the_service_that_runs_it_takes_it(plane: Synthesis) -> None:
    for role in plane.all("AWS::IAM::Role"):
        properties = plane.value(role.stack, role.properties)
        flow = role.stack == plane.plane.workflows.stack_name
        if properties["RoleName"] == plane.names.thing(PREVIEW_ROLE):
            boundary, service = "preview-stack-boundary", "cloudformation.amazonaws.com"
        elif flow:
            boundary, service = "flow-boundary", "states.amazonaws.com"
        else:
            boundary, service = "boundary", "lambda.amazonaws.com"
        boundary = plane.names.thing(boundary)
        assert properties["PermissionsBoundary"].endswith(f":policy/{boundary}"), role
        trust = properties["AssumeRolePolicyDocument"]["Statement"]
        assert [statement["Principal"] for statement in trust] == [{"Service": service}], role
        assert "ManagedPolicyArns" not in properties, role


def test_every_function_is_watched_and_every_alarm_tells_when_it_starts_and_ends(plane: Synthesis) -> None:
    watched = {
        (alarm["MetricName"], dimension["Value"])
        for alarm in alarms(plane)
        for dimension in alarm.get("Dimensions", ())
    }
    for folder in plane.folders:
        for function in folder.functions:
            assert {
                ("Errors", plane.names.thing(function)),
                ("Throttles", plane.names.thing(function)),
            } <= watched
        dead_letters = plane.names.thing(f"{folder.name}-dlq")
        assert ("ApproximateNumberOfMessagesVisible", dead_letters) in watched
        if folder.has_queue:
            assert ("ApproximateAgeOfOldestMessage", plane.names.thing(folder.name)) in watched
    for alarm in alarms(plane):
        topic = [f"arn:aws:sns:{plane.names.region}:{plane.names.account}:{plane.names.thing('alarms')}"]
        window = alarm["AlarmName"].endswith(WINDOWS)  # the composite of both tells
        for actions in ("AlarmActions", "OKActions"):
            assert alarm.get(actions) == (None if window else topic), alarm["AlarmName"]


def test_every_alarm_leads_to_a_runbook(plane: Synthesis) -> None:
    for alarm in alarms(plane):
        if not alarm["AlarmName"].endswith(WINDOWS):
            runbook = alarm["AlarmDescription"].rpartition("Runbook: ")[2]
            assert runbook.startswith("docs/runbooks/"), alarm["AlarmName"]
            assert (ROOT / runbook).is_file(), alarm["AlarmName"]


def test_every_runbook_exists(plane: Synthesis) -> None:
    missing = [f.manifest.runbook for f in plane.folders if not (ROOT / f.manifest.runbook).is_file()]
    assert missing == []


def test_every_bot_has_a_row_on_the_dashboard(plane: Synthesis) -> None:
    bodies = {
        properties["DashboardName"]: json.loads(properties["DashboardBody"])
        for properties in (
            plane.value(d.stack, d.properties) for d in plane.all("AWS::CloudWatch::Dashboard")
        )
    }
    text = [
        widget["properties"]["markdown"].partition("\n")[0]
        for widget in bodies[plane.names.thing("bots")]["widgets"]
        if widget["type"] == "text"
    ]
    assert text == [f"## {folder.name}" for folder in plane.folders]
    titles = {w["properties"]["title"] for w in bodies[plane.names.thing("platform")]["widgets"]}
    assert {
        "Dead letters",
        "Ledger lag (s)",
        "Approvals waiting",
        "Bus: matches, deliveries, retries",
    } <= titles


def test_environment_fits_into_lambda(plane: Synthesis) -> None:
    for function, properties in functions(plane):
        variables = properties["Environment"]["Variables"]
        size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
        assert size < MAX_ENVIRONMENT_BYTES, f"{function}: {size} bytes"


def test_code_fits_into_lambda(plane: Synthesis) -> None:
    for function, properties in functions(plane):
        template = plane.templates[function.stack]["Resources"]
        layers = [template[layer["Ref"]]["Properties"]["Content"] for layer in function.properties["Layers"]]
        size = 0
        for code in (properties["Code"], *layers):
            with zipfile.ZipFile(zip_of(plane, code)) as archive:
                size += sum(entry.file_size for entry in archive.infolist())
        assert size <= MAX_UNZIPPED_BYTES, f"{function}: {size} bytes"


def test_entry_point_is_in_the_archive(plane: Synthesis) -> None:
    for function, properties in functions(plane):
        module, _, name = properties["Handler"].rpartition(".")
        with zipfile.ZipFile(zip_of(plane, properties["Code"])) as archive:
            tree = ast.parse(archive.read(module.replace(".", "/") + ".py"))
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        defined |= {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        assert name in defined, f"{function}: no {name} in {module}"


def test_a_queue_redelivers_item_by_item_and_a_bot_runs_no_more_at_once_than_it_may(plane: Synthesis) -> None:
    limits = {folder.name: folder.manifest.concurrency for folder in plane.folders if folder.has_queue}
    found = {}
    for mapping in plane.all("AWS::Lambda::EventSourceMapping"):
        properties = plane.value(mapping.stack, mapping.properties)
        if ":sqs:" in properties["EventSourceArn"]:
            assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"], mapping
            bot = properties["FunctionName"].removeprefix(plane.names.thing(""))
            found[bot] = properties["ScalingConfig"]["MaximumConcurrency"]
    assert found == limits


@pytest.mark.parametrize("what", ["Function", "LayerVersion"])
def test_no_stack_but_a_bots_creates_code(plane: Synthesis, what: str) -> None:
    assert {resource.stack for resource in plane.all(f"AWS::Lambda::{what}")} <= {
        stack.stack_name for stack in plane.plane.bots
    }


def test_every_alarm_reaches_the_bridge(plane: Synthesis) -> None:
    bridges = [f for f in plane.folders if any(trigger.alarms for trigger in f.manifest.triggers)]
    subscriptions = [plane.value(s.stack, s.properties) for s in plane.all("AWS::SNS::Subscription")]
    assert [s["Endpoint"].rpartition(":")[2] for s in subscriptions] == [
        plane.names.thing(folder.name) for folder in bridges
    ]
    assert bridges
    for subscription in subscriptions:
        assert (subscription["Protocol"], subscription["RawMessageDelivery"]) == ("sqs", True)
        assert subscription["TopicArn"].endswith(f":{plane.names.thing('alarms')}")


def test_metrics_in_logs_are_forwarded_only_where_the_target_leaves_them_there(plane: Synthesis) -> None:
    filters = plane.all("AWS::Logs::SubscriptionFilter")
    forwarder = plane.names.thing("metrics")
    names = {properties["FunctionName"] for _, properties in functions(plane)}
    if plane.settings.target.embedded_metrics:
        assert (filters, forwarder in names) == ([], False)
        assert "cloudwatch:PutMetricData" not in json.dumps(plane.templates)
        return
    groups = {f.properties["LogGroupName"].rpartition("/")[2] for f in filters}
    assert {plane.names.thing(name) for name in ("backlog", "sequencer", "reconciler")} <= groups
    assert forwarder not in groups
    for found in filters:
        destination = plane.value(found.stack, found.properties["DestinationArn"])
        assert destination.endswith(f":function:{forwarder}")
        assert found.properties["FilterPattern"] == '"CloudWatchMetrics"'


def test_only_environments_on_aws_read_their_metrics_from_logs(plane: Synthesis) -> None:
    assert plane.settings.target.embedded_metrics is (plane.env != "local")
