"""The cases of the flows on the emulator's Step Functions: it goes the way that our own reading of them goes.

The emulator throws a mocked error at every retry: cases in which a retry helps are for the interpreter alone.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from cli.local.deploy import clients
from cli.local.emulator import Emulator
from cli.plane import STATE
from stacks.flows import WAIT, Flow
from tests.e2e.conftest import eventually
from tests.integration.flows.test_flow_cases import FLOWS, Case, cases, played

LONGEST = 100
ROLE = "arn:aws:iam::000000000000:role/flow"
PAIRS = [(flow, case) for flow in FLOWS for case in cases(flow)]


def visits(flow: Flow, case: Case) -> list[tuple[str, list[Any]]]:
    """What each visit of a step comes to, in order; an error stands for all retries of its visit."""
    found: list[tuple[str, list[Any]]] = []
    for (state, error), answers in groupby(case.answers(), key=lambda answer: (answer.state, answer.error)):
        several = list(answers)
        if error is not None:
            found.append((state, [{"Throw": {"Error": error, "Cause": several[0].cause}}]))
            continue
        waits = flow.definition["States"][state]["Resource"] == WAIT
        reports = [answer.report for answer in several]
        found.append(
            (state, [{"Return": r if waits else {"StatusCode": 200, "Payload": r}} for r in reports])
        )
    return found


def mockable(flow: Flow, case: Case) -> bool:
    """Whether no retry is to help, and it is not one of the endless ones."""
    retries = {task["Retry"][0]["MaxAttempts"] for task in flow.tasks().values()}
    errors = [answer for answer in case.steps if answer.error is not None]
    return all(answer.times - 1 in retries for answer in errors) and len(list(case.answers())) <= LONGEST


CHOSEN = [(flow, case) for flow, case in PAIRS if mockable(flow, case)]


def mocks() -> dict[str, Any]:
    """A file in the form of Step Functions Local.

    https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html
    """
    machines: dict[str, Any] = {flow.name: {"TestCases": {}} for flow in FLOWS}
    responses: dict[str, Any] = {}
    for number, (flow, case) in enumerate(CHOSEN):
        chosen: dict[str, str] = {}
        for state, answers in visits(flow, case):
            name = chosen.setdefault(state, f"{number}-{state}")
            given = responses.setdefault(name, {})
            given |= {str(len(given) + place): answer for place, answer in enumerate(answers)}
        machines[flow.name]["TestCases"][str(number)] = chosen
    return {"StateMachines": machines, "MockedResponses": responses}


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Step Functions of an emulator that answers as the cases say, and waits for nothing."""
    folder = tmp_path_factory.mktemp("states")
    Emulator(STATE / "e2e").install()
    emulator = Emulator(folder)
    port = emulator.choose_port(None)
    file = folder / "mocks.json"
    file.write_text(json.dumps(mocks()))
    environment = {**emulator._environment(port), "SFN_MOCK_CONFIG": str(file), "SFN_WAIT_SCALE": "0"}
    for name in ("TMPDIR", "STATE_DIR", "S3_DATA_DIR"):
        Path(environment[name]).mkdir(parents=True, exist_ok=True)
    command = [str(Emulator(STATE / "e2e").python), "-m", "ministack"]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    endpoint = f"http://127.0.0.1:{port}"
    client = clients(endpoint)("stepfunctions")
    try:
        eventually(lambda: _answers(client), seconds=30)
        trust = {
            "Principal": {"Service": "states.amazonaws.com"},
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        clients(endpoint)("iam").create_role(RoleName="flow", AssumeRolePolicyDocument=document)
        yield client
    finally:
        os.kill(child.pid, signal.SIGTERM)
        child.wait(timeout=60)


def _answers(client: Any) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client.list_state_machines()
    except (BotoCoreError, ClientError):
        return False
    return True


def test_cases_go_the_same_way_on_the_emulator(states: Any) -> None:
    machines = {
        flow.name: states.create_state_machine(name=flow.name, definition=flow.text, roleArn=ROLE)[
            "stateMachineArn"
        ]
        for flow in FLOWS
    }
    runs = [
        states.start_execution(
            stateMachineArn=f"{machines[flow.name]}#{number}",
            name=f"case-{number}",
            input=json.dumps(case.input),
        )["executionArn"]
        for number, (flow, case) in enumerate(CHOSEN)
    ]
    for (flow, case), arn in zip(CHOSEN, runs, strict=True):
        shown = eventually(lambda arn=arn: _ended(states, arn), seconds=60)
        expected = played(flow, case)
        context = f"{flow.name}: {case.because}"
        assert (shown["status"], shown.get("error")) == (expected.status, expected.error), context
        if expected.status == "FAILED":
            assert shown.get("cause", "") == expected.cause, context
        else:
            assert json.loads(shown["output"]) == expected.output, context
        assert _visited(states, arn) == expected.visited, context


def test_most_cases_are_among_them() -> None:
    assert len(CHOSEN) >= 0.8 * len(PAIRS)


def _ended(states: Any, arn: str) -> Any:
    shown = states.describe_execution(executionArn=arn)
    return shown if shown["status"] != "RUNNING" else None


def _visited(states: Any, arn: str) -> list[str]:
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    events = [event for page in pages for event in page["events"]]
    return [
        event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event
    ]
