"""`writ flows` over Step Functions by moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.operate import flow_runs
from cli.plane import Plane, RunFile
from tests.support.commands import shown
from tests.support.moto_aws import REGION, moto_aws

DEFINITION = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
FILE = RunFile(env="dev", api_url="https://api.example", region=REGION, bus_name="b", log_origin="o")


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Iterator[Plane]:
    with moto_aws():
        plane = Plane(FILE)
        for name in ("writ-dev-evidence-pack", "writ-dev-erasure", "somebody-elses"):
            plane.aws("stepfunctions").create_state_machine(
                name=name, definition=json.dumps(DEFINITION), roleArn="arn:aws:iam::123456789012:role/flow"
            )
        monkeypatch.setattr(Plane, "load", classmethod(lambda _cls: plane))
        yield plane


def machine(plane: Plane, flow: str) -> str:
    return dict(flow_runs._machines(plane))[flow]


def start(plane: Plane, flow: str, name: str) -> str:
    given = json.dumps({"thing": name})
    states = plane.aws("stepfunctions")
    made = states.start_execution(stateMachineArn=machine(plane, flow), name=name, input=given)
    return str(made["executionArn"])


def stop(plane: Plane, arn: str) -> None:
    plane.aws("stepfunctions").stop_execution(executionArn=arn, error="by.hand", cause="it was wrong")


def writ(*words: str) -> Any:
    return CliRunner().invoke(app, ["flows", *words], catch_exceptions=False, env={"COLUMNS": "200"})


def test_runs_of_all_flows_are_listed_and_those_of_others_are_not(plane: Plane) -> None:
    start(plane, "evidence-pack", "pack-1")
    stop(plane, start(plane, "erasure", "ds-1"))
    items = shown(writ("list", "--json"))["items"]
    assert {(item["flow"], item["run"], item["state"]) for item in items} == {
        ("evidence-pack", "pack-1", "running"),
        ("erasure", "ds-1", "aborted"),
    }
    [failed] = shown(writ("list", "--failed", "--json"))["items"]
    assert failed["run"] == "ds-1"
    assert "pack-1" in writ("list").stdout


def test_run_says_what_it_was_given_and_why_it_failed(plane: Plane) -> None:
    stop(plane, start(plane, "erasure", "ds-1"))
    told = shown(writ("show", "ds-1", "--json"))
    assert (told["input"], told["state"]) == ({"thing": "ds-1"}, "aborted")
    assert "ds-1" in writ("show", "ds-1").stdout


def test_run_that_came_to_no_end_is_started_again_under_the_next_number(plane: Plane) -> None:
    stop(plane, start(plane, "erasure", "ds-1"))
    assert shown(writ("start-again", "ds-1", "--json")) == {"run": "ds-1_2"}
    running = writ("start-again", "ds-1", "--json")
    assert (running.exit_code, json.loads(running.stdout)["error"]["code"]) == (1, "flow.running")
    again = flow_runs.find(plane, "ds-1_2")
    assert flow_runs.story(plane, again).given == {"thing": "ds-1"}
    stop(plane, again.arn)
    assert shown(writ("start-again", "ds-1", "--json")) == {"run": "ds-1_3"}


def test_run_that_is_not_there_is_not_found(plane: Plane) -> None:
    answer = writ("show", "ds-9", "--json")
    assert (answer.exit_code, json.loads(answer.stdout)["error"]["code"]) == (1, "not_found")


def test_what_stopped_with_the_emulator_goes_on_once(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    stop(plane, start(plane, "erasure", "ds-1"))
    found = flow_runs._runs

    def failed(*given: Any) -> list[flow_runs.Run]:
        from dataclasses import replace

        return [replace(run, state="failed") if run.state == "aborted" else run for run in found(*given)]

    assert flow_runs.revive(plane) == []  # somebody stopped it
    monkeypatch.setattr(flow_runs, "_runs", failed)
    monkeypatch.setattr(flow_runs, "_STOPPED_WITH_EMULATOR", _error_of(plane, "ds-1"))
    assert flow_runs.revive(plane) == ["ds-1_2"]
    assert flow_runs.revive(plane) == []


def _error_of(plane: Plane, execution: str) -> str | None:
    return flow_runs.story(plane, flow_runs.find(plane, execution)).code
