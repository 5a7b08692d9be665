"""The erasures bot over a log in memory."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from functions.erasures import api as routes
from functions.erasures.handler import bot
from functions.erasures.model import FLOW
from functions.erasures.perform import ACTIONS
from tests.support.controls import ControlledPlane
from tests.support.erasing import People
from tests.support.flow_runs import FlowRuns
from tests.support.wire import wire


@dataclass
class Desk:
    """People's evidence, and the plane through whose loop it is erased."""

    people: People
    plane: ControlledPlane

    def __post_init__(self) -> None:
        self.runs = FlowRuns(FLOW, bot, self.plane.flows, self.plane.clock)

    def waiting(self) -> str:
        """The one action that waits for a person."""
        (id,) = (id for id, record in self.plane.actions.records.items() if record.outcome is None)
        return id


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    people = People()
    for number, persons in enumerate([("octocat",), ("zoe", "octocat"), ()]):
        people.state(number, *persons)
    people.clock.forward(seconds=61)
    plane = ControlledPlane(clock=people.clock, flows=people.flows)
    wire(monkeypatch, bot, routes, plane.wiring("erasures", ACTIONS, people.ports()))
    return Desk(people, plane)
