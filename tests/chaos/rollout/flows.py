"""The flows of rollouts, by their real definitions, whose steps are lost, taken twice or killed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.support.asl import Execution, StepFailedError
from tests.support.faults import Crash
from writ.contracts.errors import WritError
from writ.contracts.step import StepReport
from writ.ports.flows import RunState
from writ.runtime.steps import take

if TYPE_CHECKING:
    from tests.chaos.rollout.world import World

# A flow that hangs goes on for ever and looks at nothing; one of three is killed now and then.
MODES: Final = ("drives", "drives", "dies", "hangs")
_PLACE: Final = Path(__file__).parents[3] / "statemachines"
_DEFINITIONS: Final = {
    name: json.loads((_PLACE / f"{name}.asl.json").read_text()) for name in ("canary-release", "rollback")
}
_BOTS: Final = {"canary-release": "canary", "rollback": "rollback"}
_AT_ONCE: Final = 12  # states of one flow in one round


class _Parked(BaseException):
    """It waits for its token."""


@dataclass
class _Driver:
    """One execution: `wakes` when its wait is over, `token` what it waits for and until when."""

    run: Execution
    wakes: datetime
    token: tuple[str, datetime] | None = None


@dataclass
class Drivers:
    """Executions of the flows that were started in a world, each driven a little in every round."""

    world: World
    held: dict[tuple[str, str, int], _Driver] = field(default_factory=dict)
    killed: int = 0

    @property
    def driving(self) -> bool:
        """Whether any flow that can come to its end has not."""
        running = [key for key, run in self.world.flows.runs.items() if run.state is RunState.RUNNING]
        return bool(running) and self.world.mode != "hangs"

    def go_on(self) -> None:
        """One round."""
        world = self.world
        if world.mode == "hangs":
            return
        for key, run in list(world.flows.runs.items()):
            if run.state is not RunState.RUNNING:
                continue
            if world.mode == "dies" and not world.calm and world.chance.random() < 0.1:
                self.killed += 1
                world.flows.end(*key[:2], RunState.ABORTED)
                continue
            driver = self.held.get(key) or self._driver(key)
            self._drive(driver)
            if driver.run.status != "RUNNING":
                state = RunState.SUCCEEDED if driver.run.status == "SUCCEEDED" else RunState.FAILED
                world.flows.end(*key[:2], state)

    def _driver(self, key: tuple[str, str, int]) -> _Driver:
        flow, name, attempt = key
        world = self.world

        def call(state: str, arguments: Mapping[str, Any]) -> Any:
            return self._step(driver, _BOTS[flow], arguments["Payload"]["step"])

        def sleep(seconds: float) -> None:
            if run.definition["States"][run.visited[-1]]["Type"] == "Wait":
                driver.wakes = world.clock.now() + timedelta(seconds=seconds)
            else:  # before a retry
                world.clock.forward(seconds=int(seconds))

        name = name if attempt == 1 else f"{name}_{attempt}"
        run = Execution(_DEFINITIONS[flow], name, dict(world.flows.inputs[key]), call)
        run.sleep = sleep
        driver = self.held[key] = _Driver(run, world.clock.now())
        return driver

    def _drive(self, driver: _Driver) -> None:
        for _ in range(_AT_ONCE):
            if driver.run.status != "RUNNING" or driver.wakes > self.world.clock.now():
                return
            try:
                driver.run.advance()
            except _Parked:
                return

    def _step(self, driver: _Driver, bot: str, step: Mapping[str, Any]) -> Any:
        """One step: lost, taken twice, killed in the middle, or as it should be."""
        world = self.world
        if driver.token is not None:
            return self._awaited(driver)
        fate = "once" if world.calm else world.chance.choice(["once"] * 6 + ["lost", "twice"])
        if fate == "lost":
            raise StepFailedError("States.TaskFailed", "it never came there")
        try:
            for _ in range(2 if fate == "twice" else 1):
                report = take(world.bot(bot), step)
        except (Crash, WritError) as error:  # killed, or what it reports cannot be sent
            raise StepFailedError("States.TaskFailed", type(error).__name__) from None
        if "token" not in step:
            return report
        driver.token = (step["token"], world.clock.now() + timedelta(seconds=300))
        return self._awaited(driver)

    def _awaited(self, driver: _Driver) -> Any:
        assert driver.token is not None
        token, until = driver.token
        said = [report for sent, report in self.world.flows.replies if sent == token]
        if said:
            driver.token = None
            return StepReport.document(said[0])
        if self.world.clock.now() >= until:
            driver.token = None
            raise StepFailedError("States.Timeout")
        raise _Parked
