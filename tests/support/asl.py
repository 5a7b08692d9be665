"""Runs a flow state by state, its steps answered by whoever a test names; no waiting, no network.

The part of the Amazon States Language that flows use: Pass, Task, Choice, Wait, Succeed and Fail in JSONata,
with Assign, Output, Retry and Catch. https://states-language.net/spec.html,
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jsonata import Jsonata

START = "2026-03-02T10:00:00Z"
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
EVERY_BUT_TIMEOUT = "States.TaskFailed"


class StepFailedError(Exception):
    """A step that did not come back, by the name of the error."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error)
        self.error, self.cause = error, cause


# State and arguments to what the integration returns.
Call = Callable[[str, Mapping[str, Any]], Any]


@dataclass
class Execution:
    """One run.

    `waited` are the seconds of its Wait states, `retried` those before retries; `sleep` is told both. `ended`
    is called when it is over.
    """

    definition: Mapping[str, Any]
    name: str
    given: Mapping[str, Any]
    call: Call
    status: str = "RUNNING"
    output: Any = None
    error: str | None = None
    cause: str | None = None
    visited: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    retried: list[float] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    sleep: Callable[[float], object] = lambda _seconds: None
    ended: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self._state: str = self.definition["StartAt"]
        self._input: Any = dict(self.given)

    def run(self, limit: int = 5000) -> Execution:
        """To its end, or fail after `limit` states: a flow that has no end is a defect."""
        for _ in range(limit):
            if self.status != "RUNNING":
                return self
            self.advance()
        raise AssertionError(f"{self.name} did not end within {limit} states: {self.visited[-8:]}")

    def step(self) -> bool:
        """To the end of its next step; False when it ends without one."""
        while self.status == "RUNNING":
            task = self.definition["States"][self._state]["Type"] == "Task"
            self.advance()
            if task:
                return True
        return False

    def advance(self) -> None:
        """Through one state."""
        name, state = self._state, self.definition["States"][self._state]
        self.visited.append(name)
        getattr(self, f"_{state['Type'].lower()}")(name, state)
        if self.status != "RUNNING":
            self.ended()

    def _pass(self, _name: str, state: Mapping[str, Any]) -> None:
        self._leave(state, {"input": self._input}, self._input)

    def _succeed(self, _name: str, state: Mapping[str, Any]) -> None:
        self.output = (
            self._value(state["Output"], {"input": self._input}) if "Output" in state else self._input
        )
        self.status = "SUCCEEDED"

    def _fail(self, _name: str, state: Mapping[str, Any]) -> None:
        places = {"input": self._input}
        self.error, self.cause = (self._text(state.get(part, ""), places) for part in ("Error", "Cause"))
        self.status = "FAILED"

    def _wait(self, _name: str, state: Mapping[str, Any]) -> None:
        places = {"input": self._input}
        seconds = self._value(state["Seconds"], places)
        assert isinstance(seconds, int | float), seconds
        assert seconds >= 0, seconds
        assert int(seconds) == seconds, seconds
        self.waited.append(seconds)
        self.sleep(seconds)
        self._leave(state, places, self._input)

    def _choice(self, name: str, state: Mapping[str, Any]) -> None:
        places = {"input": self._input}
        for rule in state["Choices"]:
            chosen = self._value(rule["Condition"], places)
            assert isinstance(chosen, bool), f"{name}: {rule['Condition']} is {chosen!r}"
            if chosen:
                self._leave(rule, places, self._input)
                return
        assert "Default" in state, f"{name}: no rule holds, and there is no default"
        self._assign(state, places)
        self._state = state["Default"]

    def _task(self, name: str, state: Mapping[str, Any]) -> None:
        tries: dict[int, int] = {}
        waits = state["Resource"].endswith(".waitForTaskToken")
        while True:
            task = {"Task": {"Token": f"token-{len(self.visited)}-{sum(tries.values())}"}} if waits else {}
            places = {"input": self._input, "context": task}
            try:
                result = self.call(name, self._value(state["Arguments"], places))
            except StepFailedError as failure:
                if self._again(state, failure, tries):
                    continue
                self._caught(state, failure)
                return
            wrapped = result if waits else {"StatusCode": 200, "Payload": result}
            self._leave(state, {**places, "result": wrapped}, wrapped)
            return

    def _again(self, state: Mapping[str, Any], failure: StepFailedError, tries: dict[int, int]) -> bool:
        for number, retrier in enumerate(state.get("Retry", ())):
            if _matches(retrier["ErrorEquals"], failure.error):
                done = tries.get(number, 0)
                if done >= retrier.get("MaxAttempts", 3):
                    return False
                wait = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** done
                self.retried.append(min(wait, retrier.get("MaxDelaySeconds", wait)))
                self.sleep(self.retried[-1])
                tries[number] = done + 1
                return True
        return False

    def _caught(self, state: Mapping[str, Any], failure: StepFailedError) -> None:
        for catcher in state.get("Catch", ()):
            if _matches(catcher["ErrorEquals"], failure.error):
                shown = {"Error": failure.error, "Cause": failure.cause}
                self._leave(catcher, {"input": self._input, "errorOutput": shown}, shown)
                return
        self.status, self.error, self.cause = "FAILED", failure.error, failure.cause

    def _leave(self, part: Mapping[str, Any], places: Mapping[str, Any], output: Any) -> None:
        left = self._value(part["Output"], places) if "Output" in part else output
        self._assign(part, places)
        self._input = left
        if part.get("End"):
            self.status, self.output = "SUCCEEDED", left
        else:
            self._state = part["Next"]

    def _assign(self, part: Mapping[str, Any], places: Mapping[str, Any]) -> None:
        """All at once: an expression sees the variables as they were."""
        self.variables |= {name: self._value(value, places) for name, value in part.get("Assign", {}).items()}

    def _text(self, value: Any, places: Mapping[str, Any]) -> str:
        text = self._value(value, places)
        assert isinstance(text, str), f"{value} is {text!r}"
        return text

    def _value(self, value: Any, places: Mapping[str, Any]) -> Any:
        if isinstance(value, Mapping):
            return {key: self._value(part, places) for key, part in value.items()}
        if isinstance(value, list):
            return [self._value(part, places) for part in value]
        if not (isinstance(value, str) and value.startswith("{%") and value.endswith("%}")):
            return value
        context = {
            "Execution": {"Name": self.name, "Input": dict(self.given), "StartTime": START},
            "State": {"Name": self._state, "EnteredTime": START},
            **places.get("context", {}),
        }
        bindings = {**self.variables, "states": {**places, "context": context}}
        found = _parsed(value[2:-2].strip()).evaluate(None, bindings)
        assert found is not None, f"States.QueryEvaluationError: {value} is nothing"
        return found


@cache
def _parsed(expression: str) -> Jsonata:
    return Jsonata(expression)


def _matches(names: Sequence[str], error: str) -> bool:
    return (
        "States.ALL" in names or error in names or (EVERY_BUT_TIMEOUT in names and error != "States.Timeout")
    )
