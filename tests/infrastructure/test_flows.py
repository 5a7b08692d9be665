"""Every flow is one file and has all that the construct gives; it may call what it names, no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacks.flows import Flow, flows_of, load_flows
from stacks.grants import RECONCILER, Resources, replies_of, statements
from stacks.manifest import load_folders
from stacks.names import Names
from stacks.settings import settings_for
from tests.infrastructure.synthesis import Resource, Synthesis
from writ.contracts.errors import ContractError

FOLDERS = load_folders()
FLOWS = flows_of(FOLDERS)


def machines(plane: Synthesis) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for machine in plane.all("AWS::StepFunctions::StateMachine"):
        yield machine, plane.value(machine.stack, machine.properties)


def test_machines_are_those_of_the_files_and_no_others(plane: Synthesis) -> None:
    expected = {plane.names.thing(flow.name): flow.text for flow in FLOWS}
    assert {m["StateMachineName"]: m["DefinitionString"] for _, m in machines(plane)} == expected
    assert {machine.stack for machine, _ in machines(plane)} == {plane.plane.workflows.stack_name}


def test_every_machine_logs_each_step_without_its_data_and_is_traced(plane: Synthesis) -> None:
    for machine, properties in machines(plane):
        logging = properties["LoggingConfiguration"]
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False), machine
        assert properties["TracingConfiguration"] == {"Enabled": True}
        [destination] = logging["Destinations"]
        group = destination["CloudWatchLogsLogGroup"]["LogGroupArn"]
        assert f":log-group:/aws/vendedlogs/states/{properties['StateMachineName']}:" in group


def test_every_machine_is_watched(plane: Synthesis) -> None:
    watched = {
        (alarm["MetricName"], dimension["Value"].rpartition(":")[2])
        for alarm in (plane.value(a.stack, a.properties) for a in plane.all("AWS::CloudWatch::Alarm"))
        for dimension in alarm.get("Dimensions", ())
        if alarm.get("Namespace") == "AWS/States"
    }
    names = [plane.names.thing(flow.name) for flow in FLOWS]
    assert watched == {
        (metric, name)
        for name in names
        for metric in ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled")
    }


def test_flow_calls_the_bots_that_it_names_and_nothing_else(plane: Synthesis) -> None:
    roles = dict(plane.roles())
    for flow in FLOWS:
        invoked = {
            resource.rpartition(":")[2]
            for statement in roles[plane.names.flow_role(flow.name)]
            for action in statement["Action"]
            for resource in statement["Resource"]
            if action == "lambda:InvokeFunction"
        }
        assert invoked == {plane.names.thing(bot) for bot in flow.functions}
        substitutions = next(
            m["DefinitionSubstitutions"]
            for _, m in machines(plane)
            if m["StateMachineName"] == plane.names.thing(flow.name)
        )
        assert substitutions == {
            f"function.{bot}": f"arn:aws:lambda:{plane.names.region}:{plane.names.account}"
            f":function:{plane.names.thing(bot)}"
            for bot in flow.functions
        }


def test_flows_are_started_by_those_whose_manifest_says_so(plane: Synthesis) -> None:
    found: dict[str, set[str]] = {}
    for role, granted in plane.roles():
        for statement in granted:
            if "states:StartExecution" in statement["Action"]:
                names = {resource.rpartition(":")[2] for resource in statement["Resource"]}
                found[role.removeprefix(plane.names.thing(""))] = names
    assert found == {
        function: {plane.names.thing(flow) for flow in folder.manifest.needs.flows}
        for folder in plane.folders
        for function in folder.functions
        if folder.manifest.needs.flows
    }


def test_who_may_end_an_action_that_a_flow_waits_for_may_answer_it(plane: Synthesis) -> None:
    answering = {
        role.removeprefix(plane.names.thing(""))
        for role, granted in plane.roles()
        for statement in granted
        if "states:SendTaskSuccess" in statement["Action"]
    }
    waited_for = {bot for flow in FLOWS for bot in flow.answered_by}
    functions = {f for folder in plane.folders if folder.name in waited_for for f in folder.functions}
    assert answering == functions | {RECONCILER}


def test_every_flow_has_a_row_on_the_dashboard(plane: Synthesis) -> None:
    (board,) = [
        plane.value(d.stack, d.properties)
        for d in plane.all("AWS::CloudWatch::Dashboard")
        if d.properties["DashboardName"] == plane.names.thing("flows")
    ]
    widgets = json.loads(board["DashboardBody"])["widgets"]
    text = [w["properties"]["markdown"].partition("\n")[0] for w in widgets if w["type"] == "text"]
    assert text == [f"## {flow.name}" for flow in FLOWS]


def test_a_new_flow_is_one_file_with_its_cases(tmp_path: Path) -> None:
    source = next(flow for flow in FLOWS if flow.name == "evidence-pack")
    (tmp_path / "copied-pack.asl.json").write_text(source.text.replace('"evidence-pack"', '"copied-pack"'))
    (tmp_path / "copied-pack.cases.json").write_text("[]")
    [flow] = load_flows(["packs"], tmp_path)
    assert (flow.name, flow.functions) == ("copied-pack", ("packs",))
    assert flow.answered_by == {"packs"}
    assert replies_of([flow]) == {"packs": ["copied-pack"], "reconciler": ["copied-pack"]}
    folder = next(folder for folder in FOLDERS if folder.name == "reconciler")
    names = Names.of(settings_for("local"))
    given = statements(folder, names, Resources(keys={}, replies=replies_of([flow])))
    [answers] = [s.to_json() for s in given if "states:SendTaskSuccess" in s.actions]
    assert answers["Resource"].endswith(":stateMachine:writ-local-copied-pack")


def step_of(definition: Any) -> Any:
    return definition["States"]["Part"]["Arguments"]["Payload"]["step"]


def edited(flow: Flow, folder: Path, edit: Any) -> None:
    definition = json.loads(flow.text)
    edit(definition)
    (folder / flow.path.name).write_text(json.dumps(definition))
    (folder / flow.cases.name).write_text("[]")
    load_flows(["packs"], folder)


@pytest.mark.parametrize(
    ("field", "edit"),
    [
        ("QueryLanguage", lambda d: d.pop("QueryLanguage")),
        ("Comment", lambda d: d.pop("Comment")),
        ("TimeoutSeconds", lambda d: d.pop("TimeoutSeconds")),
        ("States", lambda d: d.pop("States")),
        ("States.StartAt", lambda d: d.update(StartAt="Nowhere")),
        ("States.PartLater", lambda d: d["States"]["PartLater"].update(Next="Nowhere")),
        ("States.Endless", lambda d: d["States"]["PartMade"]["Choices"].pop(1)),
        ("States.Part.Retry", lambda d: d["States"]["Part"].pop("Retry")),
        ("States.Part.Catch", lambda d: d["States"]["Part"].pop("Catch")),
        ("States.Part.TimeoutSeconds", lambda d: d["States"]["Part"].pop("TimeoutSeconds")),
        (
            "States.Part.Resource",
            lambda d: d["States"]["Part"].update(Resource="arn:aws:states:::sns:publish"),
        ),
        (
            "States.Part.Arguments",
            lambda d: step_of(d).update(flow="x"),
        ),
        (
            "States.Part.Arguments",
            lambda d: step_of(d).update(token="x"),
        ),
        ("States", lambda d: d["States"]["Part"]["Arguments"].update(FunctionName="${function.nobody}")),
        ("States", lambda d: d["States"]["Part"]["Arguments"].update(FunctionName="${bucket.packs}")),
    ],
)
def test_flow_that_is_wrong_fails_at_synth_and_the_field_is_named(
    field: str, edit: Any, tmp_path: Path
) -> None:
    flow = next(flow for flow in FLOWS if flow.name == "evidence-pack")
    with pytest.raises(ContractError, match=r"evidence-pack\.asl\.json") as raised:
        edited(flow, tmp_path, edit)
    assert raised.value.field == field


def test_flow_without_cases_or_with_a_wrong_name_is_refused(tmp_path: Path) -> None:
    flow = FLOWS[0]
    (tmp_path / flow.path.name).write_text(flow.text)
    with pytest.raises(ContractError, match="cases"):
        load_flows(list(flow.functions), tmp_path)
    (tmp_path / flow.path.name).write_text("{")
    with pytest.raises(ContractError, match="not JSON"):
        load_flows(list(flow.functions), tmp_path)
