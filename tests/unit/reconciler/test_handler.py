"""What one call of the reconciler reports, and the figure its dashboard shows."""

from __future__ import annotations

import json
import random

import pytest

from functions.reconciler import handler as entry
from functions.reconciler.reconcile import Ports
from tests.support.faults import Faults
from tests.support.plane import LEASE, Plane
from writ.contracts.action import Action, Target
from writ.ports.actions import Cause
from writ.runtime.identity import Identity
from writ.runtime.loop import Loop


def test_a_call_reports_its_round_and_counts_who_waits_for_a_person(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plane = Plane(Faults(random.Random(0), rate=0))
    asked = Action.of("probe", "high", Target(kind="thing", id="1"), reason="because", once_per=("1",))
    plane.worker().run(asked, Cause("Probed.v1", "event"))
    who = Identity("reconciler", "platform", "1", "3" * 64)
    loop: Loop[None] = Loop(who, {}, {}, plane.ports(), None, lease=LEASE)
    ports = Ports(plane.actions, plane.approvals, plane.answers("reconciler"), plane.clock, loop.abandon)
    monkeypatch.setattr(entry, "connect", lambda: ports)
    assert entry.handler({}, None) == {"remedies": {}, "closed": 0, "failures": {}}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metrics,) = [line for line in lines if "_aws" in line]
    assert metrics["ApprovalsWaiting"] == [1]
