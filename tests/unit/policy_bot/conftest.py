"""The policy bot on ports in memory."""

from __future__ import annotations

import pytest

from functions.policy import api as routes
from functions.policy.handler import bot
from functions.policy.perform import ACTIONS
from functions.policy.ports import Ports
from tests.support.controls import ControlledPlane
from tests.support.wire import wire
from tests.unit.policy.facts import engine


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> ControlledPlane:
    plane = ControlledPlane()
    ports = Ports(plane.controls, engine(), plane.clock)
    wire(monkeypatch, bot, routes, plane.wiring("policy", ACTIONS, ports))
    return plane
