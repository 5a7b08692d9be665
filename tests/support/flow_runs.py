"""Flows in memory: what a bot starts is run by its real definition, each step taken by the bot itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from stacks.flows import Flow, flows_of
from stacks.manifest import load_folders
from tests.support.asl import Execution
from tests.support.memory import ManualClock, MemoryFlows
from writ.ports.flows import RunState
from writ.runtime.bot import Bot


@cache
def flow_named(name: str) -> Flow:
    """A flow as it is deployed."""
    (found,) = [flow for flow in flows_of(load_folders()) if flow.name == name]
    return found


@dataclass
class FlowRuns:
    """The runs of one flow, in the order of their starts; waiting moves the clock."""

    name: str
    bot: Bot[Any, Any]
    flows: MemoryFlows
    clock: ManualClock
    executions: dict[tuple[str, int], Execution] = field(default_factory=dict)

    def step(self) -> bool:
        """Take the latest run one step further; whether there was one to take."""
        run = self.latest()
        return run is not None and run.step()

    def settle(self) -> None:
        while self.step():
            pass

    def again(self) -> None:
        """Start the latest run anew, as an operator does."""
        assert self.latest() is not None
        name, attempt = next(reversed(self.executions))
        given = self.flows.inputs[self.name, name, attempt]
        self.flows.start(self.name, name, given, attempt + 1)

    def latest(self) -> Execution | None:
        """The run that was started last."""
        for (flow, name, attempt), given in self.flows.inputs.items():
            if flow == self.name and (name, attempt) not in self.executions:
                self.executions[name, attempt] = self._started(name, attempt, given)
        return self.executions[next(reversed(self.executions))] if self.executions else None

    def _started(self, name: str, attempt: int, given: Mapping[str, Any]) -> Execution:
        shown = name if attempt == 1 else f"{name}_{attempt}"
        run = Execution(flow_named(self.name).definition, shown, given, self._call)
        run.sleep = lambda seconds: self.clock.forward(seconds=seconds)
        run.ended = lambda: self._ended(name, run)
        return run

    def _ended(self, name: str, run: Execution) -> None:
        state = RunState.SUCCEEDED if run.status == "SUCCEEDED" else RunState.FAILED
        self.flows.end(self.name, name, state, run.error or "", run.cause or "")

    def _call(self, _state: str, arguments: Mapping[str, Any]) -> Any:
        return self.bot.handler(arguments["Payload"], None)
