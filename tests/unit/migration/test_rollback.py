"""A service goes back across a contract: its data first, and only then its weights."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from functions.migration import handler
from functions.rollback import facts as rollback_facts
from functions.rollback import plan as rollback_plan
from functions.rollback.migrations import RESTORE
from functions.rollback.shapes import Shapes
from tests.support.migrations_plane import MigrationsPlane
from tests.support.rollouts import GROUP, NEW, OLD, WATCH, Proven, rollout
from tests.support.tasks import event
from tests.unit.migration.test_migrations import begin, contracted
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError
from writ.contracts.event import AnyEvent
from writ.rollout.state import End, Entry, Goal, Kind, Result, Row


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MigrationsPlane:
    """The service serves 1.4.0; before that it served 1, found healthy and proven."""
    world = MigrationsPlane()
    world.connect(monkeypatch)
    world.seed(5)
    now = world.plane.clock.now()
    closed = Entry(
        seq=1,
        kind=Kind.CLOSE,
        by="canary",
        action="act-c",
        goal=Goal(candidate=1.0),
        reason="healthy",
        at=now,
        ended_at=now,
        end=End.DONE,
    )
    first = {"candidate": OLD, "baseline": OLD, "healthy": True, "final": Result.PROMOTED, "trail": (closed,)}
    world.rollouts.over["shop-1"] = rollout(**first)
    world.rollouts.held["shop"] = Row(service="shop", number=1, group=GROUP, watch=WATCH, release=NEW)
    return world


def demanded(world: MigrationsPlane, asked: AnyEvent) -> Action:
    """What the rollback bot does about a demand."""
    shapes = Shapes(world.migrations)
    ports: Any = SimpleNamespace(rollouts=world.rollouts, proofs=Proven(), migrations=shapes)
    seen = rollback_facts.gather(asked, ports)
    (action,) = rollback_plan.plan(asked, seen, world.plane.clock.now())
    return action


def demand() -> AnyEvent:
    return event("RollbackRequested.v1", "demand-1", service="shop", reason="users complain", then=["mail"])


def test_up_to_the_contract_the_weights_go_back_at_once(world: MigrationsPlane) -> None:
    begin(release="1.4.0")
    world.settle()
    assert world.record().stage == "switch"
    assert demanded(world, demand()).name == "start-rollback"


def test_after_it_the_data_go_first_and_the_weights_once_they_can_be_read(world: MigrationsPlane) -> None:
    contracted(world)
    asked = demanded(world, demand())
    assert (asked.name, asked.target.id) == ("restore-data", "orders-total")
    (wanted,) = RESTORE.announce(asked, {})
    handler.bot.run(event("MigrationReverseRequested.v1", "restore-1", **wanted.model_dump(mode="json")))
    again: list[AnyEvent] = []
    while not again:
        assert demanded(world, demand()).name == "restore-data"
        assert world.runs.step()
        again = [each for each in world.plane.bus.events if each.type == "RollbackRequested.v1"]
    assert all("total" in item for item in world.orders.values())
    back = demanded(world, again[0])
    assert back.name == "start-rollback"
    assert back.parameters["wanted"]["then"] == ["mail"]  # type: ignore[index, call-overload]


def test_past_the_point_of_no_return_it_says_so(world: MigrationsPlane) -> None:
    contracted(world)
    held = world.record()
    lasting = held.document.model_copy(
        update={"reverse": held.document.reverse.model_copy(update={"contract": "none"})}
    )
    world.migrations.held[held.id] = held.model_copy(update={"document": lasting})
    with pytest.raises(ConflictError) as refused:
        demanded(world, demand())
    assert (refused.value.code, refused.value.field) == ("conflict.migration", "release")
