"""Runs of flows as Step Functions knows them, and another attempt at one that came to no end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cli.output import CommandError
from cli.plane import Plane, calling

RUNNING: Final = "running"
SUCCEEDED: Final = "succeeded"
# What the emulator says of a run that was going on when it was stopped; AWS goes on with such a run.
_STOPPED_WITH_EMULATOR: Final = "States.ServiceRestart"
_SERVICE: Final = "stepfunctions"


@dataclass(frozen=True, slots=True)
class Run:
    """One execution. `name` is the thing's, `attempt` counts from 1."""

    flow: str
    arn: str
    machine: str
    state: str
    started: datetime
    ended: datetime | None

    @property
    def execution(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def name(self) -> str:
        return self.execution.partition("_")[0]

    @property
    def attempt(self) -> int:
        return int(self.execution.partition("_")[2] or 1)

    def document(self) -> dict[str, Any]:
        return {
            "flow": self.flow,
            "run": self.execution,
            "state": self.state,
            "started": self.started.isoformat(),
            "ended": None if self.ended is None else self.ended.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Story:
    """What a run was given, why it failed, and the states it came through, each with its time."""

    run: Run
    given: dict[str, Any]
    code: str | None
    message: str | None
    states: Sequence[tuple[datetime, str]]


def runs(plane: Plane, limit: int) -> list[Run]:
    """The latest runs of all flows, the newest first."""
    found = [run for flow, machine in _machines(plane) for run in _runs(plane, flow, machine, limit)]
    return sorted(found, key=lambda run: run.started, reverse=True)[:limit]


def find(plane: Plane, execution: str) -> Run:
    """A run by its name. Raises CommandError."""
    for flow, machine in _machines(plane):
        for run in _runs(plane, flow, machine, 10_000):
            if run.execution == execution:
                return run
    raise CommandError(f"there is no run {execution}", code="not_found", hint="writ flows list")


def story(plane: Plane, run: Run) -> Story:
    """What there is to know of a run."""
    states = plane.aws(_SERVICE)
    with calling(f"looking at {run.execution}"):
        shown = states.describe_execution(executionArn=run.arn)
        pages = states.get_paginator("get_execution_history").paginate(executionArn=run.arn)
        events = [event for page in pages for event in page["events"]]
    entered = [
        (event["timestamp"], event["stateEnteredEventDetails"]["name"])
        for event in events
        if "stateEnteredEventDetails" in event
    ]
    return Story(run, json.loads(shown["input"]), shown.get("error"), shown.get("cause"), entered)


def start_again(plane: Plane, execution: str) -> str:
    """Start another attempt with the same input; the name of that. What is done is not done twice.

    Raises CommandError `flow.running` while an attempt runs, `flow.succeeded` for one that came to its end.
    """
    run = find(plane, execution)
    attempts = [r for r in _runs(plane, run.flow, run.machine, 10_000) if r.name == run.name]
    latest = max(attempts, key=lambda each: each.attempt)
    if latest.state in (RUNNING, SUCCEEDED):
        message = f"{latest.execution} has {latest.state}" if latest.state == SUCCEEDED else "it runs"
        raise CommandError(message, code=f"flow.{latest.state}", hint=f"writ flows show {latest.execution}")
    return _start(plane, latest)


def revive(plane: Plane) -> list[str]:
    """Go on with what ran when the emulator was stopped, as AWS does by itself; the names of the new runs."""
    begun = []
    for flow, machine in _machines(plane):
        found = _runs(plane, flow, machine, 10_000)
        latest = {run.name: run for run in sorted(found, key=lambda run: run.attempt)}
        for run in latest.values():
            if run.state == "failed" and story(plane, run).code == _STOPPED_WITH_EMULATOR:
                begun.append(_start(plane, run))
    return begun


def _start(plane: Plane, run: Run) -> str:
    name = f"{run.name}_{run.attempt + 1}"
    states = plane.aws(_SERVICE)
    with calling(f"starting {name}"):
        given = states.describe_execution(executionArn=run.arn)["input"]
        states.start_execution(stateMachineArn=run.machine, name=name, input=given)
    return name


def _machines(plane: Plane) -> list[tuple[str, str]]:
    """Flow and ARN."""
    prefix = plane.thing("")
    with calling("looking for flows"):
        pages = plane.aws(_SERVICE).get_paginator("list_state_machines").paginate()
        found = [machine for page in pages for machine in page["stateMachines"]]
    return sorted(
        (machine["name"].removeprefix(prefix), machine["stateMachineArn"])
        for machine in found
        if machine["name"].startswith(prefix)
    )


def _runs(plane: Plane, flow: str, machine: str, limit: int) -> list[Run]:
    def listed() -> Iterator[Run]:
        pages = plane.aws(_SERVICE).get_paginator("list_executions")
        for page in pages.paginate(stateMachineArn=machine, PaginationConfig={"MaxItems": limit}):
            for each in page["executions"]:
                state = str(each["status"]).lower()
                yield Run(flow, each["executionArn"], machine, state, each["startDate"], each.get("stopDate"))

    with calling(f"looking at {flow}"):
        return list(listed())
