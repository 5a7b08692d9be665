"""Flows over Step Functions by moto, and replies over a client that answers as AWS documents it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from botocore.stub import Stubber
from pydantic import SecretStr

from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.step_functions import StepFunctions, StepFunctionsReplies, execution_name
from writ.contracts.errors import ContractError, TransientError, WritError
from writ.contracts.step import StepReport, StepStatus
from writ.ports.flows import Run, RunState

ROLE = "arn:aws:iam::123456789012:role/flow"
DEFINITION = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
REPORT = StepReport(status=StepStatus.SUCCEEDED)
TOKEN = SecretStr("token-that-nobody-may-read")


@pytest.fixture
def flows() -> Iterator[StepFunctions]:
    with moto_aws():
        made = aws.client("stepfunctions").create_state_machine(
            name="probing", definition=json.dumps(DEFINITION), roleArn=ROLE
        )
        yield StepFunctions({"probing": made["stateMachineArn"]})


def end(flows: StepFunctions, execution: str) -> None:
    arn = flows._arns["probing"].replace(":stateMachine:", ":execution:")
    aws.client("stepfunctions").stop_execution(
        executionArn=f"{arn}:{execution}", error="by hand", cause="why"
    )


def test_flow_is_started_once_by_its_name(flows: StepFunctions) -> None:
    assert flows.find("probing", "thing-1") is None
    for _ in range(2):
        flows.start("probing", "thing-1", {"thing": "1"})
    assert flows.find("probing", "thing-1") == Run(1, RunState.RUNNING)
    listed = aws.client("stepfunctions").list_executions(stateMachineArn=flows._arns["probing"])
    assert [run["name"] for run in listed["executions"]] == ["thing-1"]


def test_start_after_the_end_of_that_name_changes_nothing(flows: StepFunctions) -> None:
    flows.start("probing", "thing-1", {})
    end(flows, "thing-1")
    flows.start("probing", "thing-1", {"other": "input"})
    run = flows.find("probing", "thing-1")
    assert run is not None
    assert run.state is RunState.ABORTED


@pytest.mark.parametrize("attempts", [1, 2, 3, 4, 5, 8, 9])
def test_latest_attempt_is_found_whatever_their_number(flows: StepFunctions, attempts: int) -> None:
    for attempt in range(1, attempts + 1):
        flows.start("probing", "thing-1", {}, attempt)
    assert flows.find("probing", "thing-1") == Run(attempts, RunState.RUNNING)


def test_failed_run_says_why(flows: StepFunctions) -> None:
    with Stubber(aws.client("stepfunctions")) as stub:
        answer = {"status": "FAILED", "error": "notary.failed", "cause": "away"}
        need = {"executionArn": "arn:aws:states:e:1:execution:p:t", "stateMachineArn": "arn", "startDate": 1}
        stub.add_response("describe_execution", {**need, **answer})
        stub.add_client_error("describe_execution", "ExecutionDoesNotExist")
        assert flows.find("probing", "thing-1") == Run(1, RunState.FAILED, "notary.failed", "away")


def test_flow_that_the_manifest_does_not_name_is_refused(flows: StepFunctions) -> None:
    with pytest.raises(WritError, match="does not declare"):
        flows.start("other", "thing-1", {})


@pytest.mark.parametrize("name", ["", "a b", "a_2", "é", "a/b", "a" * 81])
def test_name_that_step_functions_would_not_take_or_mistake_is_refused(name: str) -> None:
    with pytest.raises(ContractError) as raised:
        execution_name(name, 1)
    assert raised.value.field == "name"


def test_throttling_may_pass(flows: StepFunctions) -> None:
    with Stubber(aws.client("stepfunctions")) as stub:
        stub.add_client_error("start_execution", "ThrottlingException")
        with pytest.raises(TransientError):
            flows.start("probing", "thing-1", {})


@pytest.mark.parametrize("code", ["TaskDoesNotExist", "TaskTimedOut"])
def test_reply_that_nobody_waits_for_is_no_error(flows: StepFunctions, code: str) -> None:
    with Stubber(aws.client("stepfunctions")) as stub:
        stub.add_client_error("send_task_success", code)
        StepFunctionsReplies().reply(TOKEN, REPORT)


def test_reply_carries_the_report(flows: StepFunctions) -> None:
    with Stubber(aws.client("stepfunctions")) as stub:
        sent = {"taskToken": TOKEN.get_secret_value(), "output": json.dumps(REPORT.document())}
        stub.add_response("send_task_success", {}, sent)
        StepFunctionsReplies().reply(TOKEN, REPORT)


@pytest.mark.parametrize(
    ("code", "kind"), [("ThrottlingException", TransientError), ("AccessDeniedException", WritError)]
)
def test_reply_that_does_not_arrive_is_raised_without_the_token(
    flows: StepFunctions, code: str, kind: type[WritError]
) -> None:
    with Stubber(aws.client("stepfunctions")) as stub:
        stub.add_client_error("send_task_success", code)
        with pytest.raises(kind) as raised:
            StepFunctionsReplies().reply(TOKEN, REPORT)
    assert TOKEN.get_secret_value() not in repr(raised.getrepr(chain=True, showlocals=False))
