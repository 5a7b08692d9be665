"""Finds the flows under statemachines/ and checks them, at synth and never at run time.

A flow is `<flow>.asl.json`, a Standard state machine in JSONata, with `<flow>.cases.json` beside it. Its
`Comment` says what it does. It calls bots by `${function.<bot>}`, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from stacks.manifest import BotFolder
from writ.contracts.errors import ContractError

STATEMACHINES: Final = Path(__file__).parent.parent / "statemachines"
INVOKE: Final = "arn:aws:states:::lambda:invoke"
WAIT: Final = f"{INVOKE}.waitForTaskToken"
_SUFFIX: Final = ".asl.json"
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FUNCTION: Final = re.compile(r"\$\{function\.([a-z0-9]+)\}")
_PLACEHOLDER: Final = re.compile(r"\$\{([^}]*)\}")
_STATE: Final = re.compile(r"[A-Z][A-Za-z]{0,31}")


@dataclass(frozen=True)
class Flow:
    """One state machine: `text` with its placeholders, and what it says once read.

    `functions` are the bots that it calls, in the order in which it names them, the first being the one whose
    flow it is; `answered_by` are those whose answer it waits for by a task token.
    """

    name: str
    path: Path
    text: str

    @property
    def definition(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.text)
        return found

    @property
    def summary(self) -> str:
        return str(self.definition["Comment"])

    @property
    def functions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_FUNCTION.findall(self.text)))

    @property
    def answered_by(self) -> frozenset[str]:
        waiting = [task for task in self.tasks().values() if task.get("Resource") == WAIT]
        return frozenset(name for task in waiting for name in _FUNCTION.findall(json.dumps(task)))

    @property
    def events(self) -> tuple[str, ...]:
        """The event types that its steps carry."""
        steps = [_step(task) for task in self.tasks().values()]
        return tuple(dict.fromkeys(str(step["type"]) for step in steps if "type" in step))

    @property
    def cases(self) -> Path:
        return self.path.with_name(f"{self.name}.cases.json")

    def tasks(self) -> Mapping[str, Mapping[str, Any]]:
        """Its steps, by state."""
        states = self.definition["States"]
        return {name: state for name, state in states.items() if state["Type"] == "Task"}


def flows_of(folders: Sequence[BotFolder], place: Path = STATEMACHINES) -> tuple[Flow, ...]:
    """Every flow. Raises ContractError for a bot that starts one which is not there."""
    bots = [folder.name for folder in folders if folder.has_worker and folder.manifest.actions]
    flows = load_flows(bots, place)
    known = {flow.name for flow in flows}
    for folder in folders:
        for name in folder.manifest.needs.flows:
            if name not in known:
                message = f"functions/{folder.name}/bot.yaml: there is no flow {name}"
                raise ContractError(message, code="manifest.unknown", field="needs.flows")
    return flows


def load_flows(functions: Sequence[str], folder: Path = STATEMACHINES) -> tuple[Flow, ...]:
    """Every flow, sorted by name; `functions` are the bots that have a worker to call.

    Raises ContractError that names the file and the place, for the first flow that is wrong.
    """
    return tuple(_read(path, functions) for path in sorted(folder.glob(f"*{_SUFFIX}")))


def _read(path: Path, functions: Sequence[str]) -> Flow:
    name, text = path.name.removesuffix(_SUFFIX), path.read_text(encoding="utf-8")
    flow, place = Flow(name, path, text), f"{path.parent.name}/{path.name}"
    try:
        definition = json.loads(text)
    except ValueError as error:
        raise ContractError(f"{place}: not JSON: {error}", code="flow.invalid") from None
    if not isinstance(definition, dict) or not isinstance(definition.get("States"), dict):
        raise ContractError(f"{place}: it has no States", code="flow.invalid", field="States")
    for field, message in _problems(flow, definition, functions):
        raise ContractError(f"{place}: {message}", code="flow.invalid", field=field)
    return flow


def _problems(
    flow: Flow, definition: Mapping[str, Any], functions: Sequence[str]
) -> Iterator[tuple[str, str]]:
    if not _NAME.fullmatch(flow.name):
        yield "name", "a flow is called like a bot's action"
    if definition.get("QueryLanguage") != "JSONata":
        yield "QueryLanguage", "flows are written in JSONata"
    if not 10 <= len(str(definition.get("Comment", ""))) <= 200:
        yield "Comment", "say in 10 to 200 characters what it does"
    if "TimeoutSeconds" not in definition:
        yield "TimeoutSeconds", "say how long it may take"
    for placeholder in _PLACEHOLDER.findall(flow.text):
        kind, _, bot = placeholder.partition(".")
        if kind != "function" or bot not in functions:
            yield "States", f"${{{placeholder}}} is no ${{function.<bot>}} of a bot that has a worker"
    if not flow.functions:
        yield "States", "it calls no bot"
    if not flow.cases.is_file():
        yield "cases", f"there is no {flow.cases.name} beside it"
    yield from _ways(definition)
    for name, state in definition["States"].items():
        if not _STATE.fullmatch(name):
            yield f"States.{name}", "names of states are letters, 32 at most: events are named after them"
        if state.get("Type") == "Task":
            yield from ((f"States.{name}.{field}", message) for field, message in _task_problems(flow, state))


def _ways(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """States that are led to and not there, or there and not led to."""
    states = definition["States"]
    targets = {("StartAt", str(definition.get("StartAt")))}
    for name, state in states.items():
        parts = [state, *state.get("Choices", ()), *state.get("Catch", ())]
        targets |= {(name, part[way]) for part in parts for way in ("Next", "Default") if way in part}
    for name, target in sorted(targets):
        if target not in states:
            yield f"States.{name}", f"it leads to {target}, which is not there"
    for name in sorted(states.keys() - {target for _, target in targets}):
        yield f"States.{name}", "nothing leads to it"


def _task_problems(flow: Flow, task: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in ("TimeoutSeconds", "Retry", "Catch"):
        if field not in task:
            yield field, "every step has one"
    if task.get("Resource") not in (INVOKE, WAIT):
        yield "Resource", f"a step is taken by a bot, through {INVOKE}"
        return
    step = _step(task)
    if step.get("flow") != flow.name:
        yield "Arguments", f"its step says that it is of the flow {flow.name}"
    if ("token" in step) is not (task["Resource"] == WAIT):
        yield "Arguments", "a step has a token if it waits for that, and only then"


def _step(task: Mapping[str, Any]) -> Mapping[str, Any]:
    step = task.get("Arguments", {}).get("Payload", {}).get("step", {})
    return step if isinstance(step, dict) else {}
