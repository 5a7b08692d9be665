"""The policy bot on ports in memory."""

from __future__ import annotations

import pytest

from functions.policy.handler import bot
from functions.policy.perform import ACTIONS
from functions.policy.ports import Ports
from tests.support.controls import ControlledPlane
from tests.unit.policy.facts import engine


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> ControlledPlane:
    plane = ControlledPlane()
    ports = Ports(plane.controls, engine(), plane.clock)
    monkeypatch.setitem(bot.__dict__, "wiring", plane.wiring("policy", ACTIONS, ports))
    return plane
