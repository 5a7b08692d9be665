"""Flags that migrations ask for, as the flags bot turns them, or policy and people do not."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from functions.flags.facts import Facts
from functions.flags.plan import plan
from functions.migration import handler
from functions.migration.api import api
from functions.migration.demands import Demands, action_id
from tests.support.http import call
from tests.support.migrations import DOCUMENT
from tests.support.migrations_plane import MigrationsPlane
from tests.support.records import changed, claimed
from tests.unit.flags.conftest import a_flag, catalogue
from writ.contracts.action import Action, Outcome, Status
from writ.contracts.event import AnyEvent
from writ.ports.actions import Phase

FLAG = "a-flag"
SOON = timedelta(minutes=10)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MigrationsPlane:
    """A migration that waits for its first flag."""
    world = MigrationsPlane()
    world.connect(monkeypatch)
    world.seed(3)
    world.flags.shares[FLAG] = 0
    begun = call(
        api, "POST", "/v1/migrations", {"document": {**DOCUMENT, "flags": {"both": FLAG}}}, name="Ann"
    )
    assert begun.status == 202
    world.until("expand")
    return world


def demands(world: MigrationsPlane) -> list[AnyEvent]:
    return [event for event in world.plane.announced() if event.type == "FlagChangeRequested.v1"]


def wanted(event: AnyEvent, *, risk: str = "low", now: datetime) -> Action:
    """What the flags bot makes of a demand."""
    known = catalogue(a_flag(FLAG, risk=risk))
    (action,) = plan(event, Facts(catalogue=known), now)
    return action


def answered(
    world: MigrationsPlane, status: Status | None, code: str | None = None, risk: str = "low"
) -> None:
    """What becomes of the newest demand; without a status it waits for a person."""
    now = world.plane.clock.now()
    action = wanted(demands(world)[-1], risk=risk, now=now)
    outcome = None if status is None else Outcome(status=status, code=code)
    phase = Phase.WAITING if status is None else Phase.CLOSED
    record = changed(claimed(), action=action, phase=phase, outcome=outcome, updated_at=now)
    world.plane.actions.records[action.id] = record


def look_for(world: MigrationsPlane, time: timedelta) -> None:
    """Take the flow on for a while."""
    end = world.plane.clock.now() + time
    while world.plane.clock.now() < end:
        assert world.runs.step()


def reason(world: MigrationsPlane) -> str:
    assert world.record().asked is not None
    return str(call(api, "GET", "/v1/migrations/orders-total").body["next"]["reason"])


@pytest.mark.parametrize("risk", ["low", "high"])
def test_the_action_of_a_demand_is_found_by_the_action_that_made_it(
    world: MigrationsPlane, risk: str
) -> None:
    (event,) = demands(world)
    asked, action = world.record().asked, wanted(event, risk=risk, now=world.plane.clock.now())
    assert asked is not None
    assert action.id == action_id(action.name, FLAG, asked.action)
    assert Demands(world.plane.actions).find(FLAG, asked.action) is None
    answered(world, None, risk=risk)
    found = Demands(world.plane.actions).find(FLAG, asked.action)
    assert found is not None
    assert (found.action, found.state, found.denied) == (action.id, "waiting", False)


def test_what_policy_denied_is_asked_for_again_once_a_pace_and_ever_more_seldom(
    world: MigrationsPlane,
) -> None:
    times = []
    for _ in range(9):
        answered(world, Status.DENIED, "freeze")
        known = len(demands(world))
        assert "denied (freeze), and is asked for again" in reason(world)
        while len(demands(world)) == known:
            assert world.runs.step()
        assert len(demands(world)) == known + 1
        times.append(world.plane.clock.now())
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert min(waits) >= SOON
    assert max(waits) <= timedelta(hours=1, minutes=10)
    assert waits[-1] >= timedelta(hours=1)
    assert len({event.id for event in demands(world)}) == 10
    world.flags.shares[FLAG] = 100
    world.until("backfill")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (None, None),
        (Status.DENIED, "approval.rejected"),
        (Status.EXPIRED, "approval.expired"),
        (Status.SUCCEEDED, None),
        (Status.FAILED, "not_found"),
    ],
)
def test_nothing_else_is_asked_for_twice(
    world: MigrationsPlane, status: Status | None, code: str | None
) -> None:
    """A person who said no, or took the behaviour away again, is not overruled."""
    answered(world, status, code)
    look_for(world, timedelta(days=2))
    assert len(demands(world)) == 1
    assert (code or "asked for at 2026-03-02T10:00Z") in reason(world)


def test_a_demand_of_which_nothing_is_known_is_not_made_again(world: MigrationsPlane) -> None:
    look_for(world, timedelta(days=2))
    assert len(demands(world)) == 1
    assert "asked for at 2026-03-02T10:00Z" in reason(world)


def test_two_who_ask_again_at_once_ask_once(world: MigrationsPlane) -> None:
    answered(world, Status.DENIED, "freeze")
    world.plane.clock.forward(minutes=11)
    before = world.record()
    while len(demands(world)) == 1:
        assert world.runs.step()
    again = next(
        r
        for r in world.plane.actions.records.values()
        if r.action.parameters.get("flag") and r.action.name == "note-flag"
    )
    other = again.action.model_copy(update={"effect_key": "f" * 64})
    late = handler.bot.wiring.loop.run(other, again.cause)
    assert late.outcome is not None
    assert (late.outcome.status, late.outcome.code) == (Status.FAILED, "migration.moved")
    assert world.record().seq > before.seq
    assert len(demands(world)) == 2


def test_a_resume_asks_again_and_what_becomes_of_that_counts(world: MigrationsPlane) -> None:
    answered(world, Status.DENIED, "approval.rejected")
    for what in ("pause", "resume"):
        told = call(api, "POST", f"/v1/migrations/orders-total/{what}", {"reason": "again"}, name="Ann")
        assert told.status == 202
    assert len(demands(world)) == 2
    answered(world, Status.DENIED, "freeze")
    look_for(world, timedelta(minutes=20))
    assert len(demands(world)) == 3
    assert json.loads(world.record().model_dump_json())["asked"]["action"] == demands(world)[-1].id[:-2]
