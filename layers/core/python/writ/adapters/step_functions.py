"""Flows on Step Functions: an execution is called like its thing, a later attempt with a number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from writ.adapters import aws
from writ.contracts.errors import ContractError, WritError
from writ.ports.flows import Run, RunState
from writ.trace import recording

if TYPE_CHECKING:
    from pydantic import JsonValue, SecretStr

    from writ.contracts.step import StepReport

_SERVICE: Final = "stepfunctions"
# An execution that ended but whose state is not one of ours does not exist; PENDING_REDRIVE is going on.
_STATES: Final = {
    "RUNNING": RunState.RUNNING,
    "PENDING_REDRIVE": RunState.RUNNING,
    "SUCCEEDED": RunState.SUCCEEDED,
    "FAILED": RunState.FAILED,
    "TIMED_OUT": RunState.TIMED_OUT,
    "ABORTED": RunState.ABORTED,
}
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html: 80 characters, and
# whoever wants logs keeps to these.
_LONGEST: Final = 80
_ATTEMPT: Final = "_"
_NOBODY_WAITS: Final = {"TaskDoesNotExist", "TaskTimedOut"}
_SHOWN: Final = 500
# What a flow is given beside its input proper.
TRACE: Final = "trace"


def execution_name(name: str, attempt: int) -> str:
    """What an attempt at a thing is called. Raises ContractError for an id that cannot be part of a name."""
    shown = name if attempt == 1 else f"{name}{_ATTEMPT}{attempt}"
    if not name.isascii() or not name.replace("-", "").isalnum() or len(shown) > _LONGEST:
        raise ContractError("letters, digits and hyphens, 70 at most, name a run", field="name")
    return shown


class StepFunctions:
    """See Flows. `arns` are those of the flows that the function's manifest names."""

    def __init__(self, arns: Mapping[str, str]) -> None:
        self._arns = arns

    def start(self, flow: str, name: str, given: Mapping[str, JsonValue], attempt: int = 1) -> None:
        """Raises TransientError when Step Functions cannot be reached. Its steps go on with this trace."""
        from botocore.exceptions import BotoCoreError, ClientError

        execution, trace = execution_name(name, attempt), recording.carried()
        told = {**given, TRACE: trace} if trace else dict(given)
        try:
            aws.client(_SERVICE).start_execution(
                stateMachineArn=self._arn(flow), name=execution, input=json.dumps(told)
            )
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) == "ExecutionAlreadyExists":
                return
            raise aws.failure(error, f"starting {flow}") from error

    def find(self, flow: str, name: str) -> Run | None:
        """See Flows.find. It asks a logarithmic number of times: attempts are numbered without a gap."""
        found = self._described(flow, name, 1)
        if found is None:
            return None
        low, high = 1, 2
        while (later := self._described(flow, name, high)) is not None:
            found, low, high = later, high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            later = self._described(flow, name, middle)
            if later is None:
                high = middle
            else:
                found, low = later, middle
        return found

    def _described(self, flow: str, name: str, attempt: int) -> Run | None:
        from botocore.exceptions import BotoCoreError, ClientError

        machine = self._arn(flow)
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{execution_name(name, attempt)}"
        try:
            shown = aws.client(_SERVICE).describe_execution(executionArn=arn)
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) == "ExecutionDoesNotExist":
                return None
            raise aws.failure(error, f"looking at {flow}") from error
        code, message = _text(shown.get("error")), _text(shown.get("cause"))
        return Run(attempt, _STATES[shown["status"]], code, message)

    def _arn(self, flow: str) -> str:
        if flow not in self._arns:
            raise WritError(
                f"the manifest does not declare {flow} under needs.flows",
                code="manifest.undeclared",
                field=f"needs.flows.{flow}",
            )
        return self._arns[flow]


class StepFunctionsReplies:
    """See FlowReplies."""

    def reply(self, token: SecretStr, report: StepReport) -> None:
        """Raises TransientError when Step Functions cannot be reached, WritError when it refuses."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            aws.client(_SERVICE).send_task_success(
                taskToken=token.get_secret_value(), output=json.dumps(report.document())
            )
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) in _NOBODY_WAITS:
                return
            raise aws.failure(error, "answering a flow") from None  # whose context would show the token


def _text(value: Any) -> str | None:
    return str(value)[:_SHOWN] if value else None
