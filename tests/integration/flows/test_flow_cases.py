"""Every case of every flow: what its steps report in, the way it goes and how it ends out.

The cases of a flow are `statemachines/<flow>.cases.json`. A step names the state that must come next;
`report` is what it comes back with, `error` how it does not, `times` how often. Of `sends` the keys that are
given are compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.core import get_rules
from pydantic import BaseModel, ConfigDict, Field

from stacks.flows import STATEMACHINES, WAIT, Flow, flows_of
from stacks.manifest import load_folders
from tests.support.asl import Execution, StepFailedError
from writ.contracts.event import parse_event
from writ.contracts.step import Step, StepReport

FLOWS = flows_of(load_folders())
NAME = "case-1"
TRACE = f"00-{'a' * 32}-{'b' * 16}-01"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(_Part):
    state: str
    sends: dict[str, Any] = {}
    report: dict[str, Any] | None = None
    error: str | None = None
    cause: str = ""
    times: int = Field(default=1, ge=1)


class Ending(_Part):
    status: str
    output: Any = None
    error: str | None = None
    cause: str | None = None
    waited: list[float] | None = None


class Case(_Part):
    """`because` says what rule the case shows. Exactly these steps are taken, in this order."""

    because: str
    input: dict[str, Any]
    steps: list[Answer]
    expect: Ending

    def answers(self) -> Iterator[Answer]:
        for answer in self.steps:
            yield from [answer] * answer.times


def cases(flow: Flow) -> list[Case]:
    return [Case.model_validate(case) for case in json.loads(flow.cases.read_bytes())]


def check_step(flow: Flow, state: str, arguments: Mapping[str, Any], expected: Answer) -> None:
    """What goes to the bot is a step that it takes, of this flow, with an event that keeps its contract."""
    sent = arguments["Payload"]["step"]
    step = Step.model_validate(sent)
    assert (step.flow, step.execution, step.trace) == (flow.name, NAME, TRACE)
    meta = {"id": step.event_id, "time": "2026-03-02T10:00:00Z", "producer": step.flow}
    parse_event(step.type, {"meta": meta, "data": step.data})
    waits = flow.definition["States"][state]["Resource"] == WAIT
    assert (step.token is not None) is waits
    assert {key: sent[key] for key in expected.sends} == expected.sends


def played(flow: Flow, case: Case) -> Execution:
    """The flow, its steps answered as the case says."""
    given = list(case.answers())

    def call(state: str, arguments: Mapping[str, Any]) -> Any:
        assert given, f"{state} comes after all that the case names"
        answer = given.pop(0)
        assert state == answer.state
        check_step(flow, state, arguments, answer)
        if answer.error is not None:
            raise StepFailedError(answer.error, answer.cause)
        assert answer.report is not None
        return StepReport.model_validate(answer.report).document()

    run = Execution(flow.definition, NAME, {**case.input, "trace": TRACE}, call).run(20_000)
    assert given == [], f"it ended by {run.visited[-3:]} before the steps that are left"
    return run


CASES = [
    pytest.param(flow, case, id=f"{flow.name}: {case.because}") for flow in FLOWS for case in cases(flow)
]


@pytest.mark.parametrize(("flow", "case"), CASES)
def test_flow_goes_as_its_case_says(flow: Flow, case: Case) -> None:
    run, expected = played(flow, case), case.expect
    assert (run.status, run.error, run.cause) == (expected.status, expected.error, expected.cause)
    if expected.status == "SUCCEEDED":
        assert run.output == expected.output
    if expected.waited is not None:
        assert run.waited == expected.waited


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_cases_reach_every_state_by_every_way(flow: Flow) -> None:
    """Each state, each rule of a choice and its default, each catch."""
    states, taken = flow.definition["States"], set[tuple[str, str]]()
    for case in cases(flow):
        visited = played(flow, case).visited
        taken |= {*pairwise(visited)}
    ways = {(name, way) for name, state in states.items() for way in _ways(state)}
    assert ways - taken == set()
    assert {state for pair in taken for state in pair} == set(states)


def _ways(state: Mapping[str, Any]) -> set[str]:
    after = [state, *state.get("Choices", ()), *state.get("Catch", ())]
    return {part["Next"] for part in after if "Next" in part} | {*filter(None, [state.get("Default")])}


def findings(flow: Flow, text: str) -> list[str]:
    """What cfn-lint says of a definition."""
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": "arn:aws:iam::111122223333:role/flow",
            "DefinitionString": text,
            "DefinitionSubstitutions": {f"function.{bot}": bot for bot in flow.functions},
        },
    }
    template = json.dumps({"Resources": {"Machine": machine}})
    return [match.message for match in lint(template, get_rules([], [], []), ["eu-central-1"])]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_definition_is_what_the_language_allows(flow: Flow) -> None:
    assert findings(flow, flow.text) == []
    assert findings(flow, flow.text.replace('"Type": "Wait"', '"Type": "Sleep"'))


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_step_outlasts_the_function_that_takes_it(flow: Flow) -> None:
    timeouts = {folder.name: folder.manifest.timeout_s for folder in load_folders()}
    for name, task in flow.tasks().items():
        bot = task["Arguments"]["FunctionName"].removeprefix("${function.").removesuffix("}")
        assert timeouts[bot] < task["TimeoutSeconds"] <= flow.definition["TimeoutSeconds"], name


def test_every_file_belongs_to_a_flow() -> None:
    expected = {f"{flow.name}{end}" for flow in FLOWS for end in (".asl.json", ".cases.json")}
    assert {path.name for path in STATEMACHINES.iterdir()} == expected
