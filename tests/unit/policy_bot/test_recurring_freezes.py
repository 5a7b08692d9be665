"""Freezes that come again, from their declaration to what policy says the second they begin."""

from __future__ import annotations

from typing import Any

from functions.policy.api import api
from tests.support.controls import ControlledGuards, ControlledPlane
from tests.support.http import call
from tests.support.memory import MemoryGuards
from tests.unit.policy_bot.test_bad_input import HOLIDAYS, WEEKLY
from tests.unit.policy_bot.test_governance import FREEZE, listed
from writ.contracts.events.policy import FreezeDeclared
from writ.gates.gate import Context
from writ.gates.window.collector import collect
from writ.policy.calendar import change_facts

YEARLY = {"kind": "yearly", "zone": "Europe/Berlin", "first": "12-20", "last": "01-02"}


def declare(plane: ControlledPlane, repeats: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = call(api, "POST", "/v1/policy/freezes", {**FREEZE, "scope": {}, "repeats": repeats, **changes})
    assert answer.status == 201, answer.body
    body: dict[str, Any] = answer.body
    return body


def in_force(plane: ControlledPlane) -> list[str]:
    """What the next decision on any action is told, read as the loop reads it."""
    guards = ControlledGuards(MemoryGuards(plane.actions), plane.controls)
    found = guards.read("canary", "promote", "0" * 64, plane.clock.now()).freezes
    return [item["id"] for item in change_facts(found or [], [], plane.clock.now())["freezes"]]


def test_a_weekend_freeze_holds_from_the_second_it_begins_and_lets_go_by_itself(
    plane: ControlledPlane,
) -> None:
    """The plane's clock stands on a Monday, at ten."""
    declare(plane, WEEKLY, ends_at="2030-01-01T00:00:00Z")
    (item,) = listed("freezes")
    assert (item["in_force"], item["repeats"]) == (False, WEEKLY)
    assert item["occurrence"] == {"starts_at": "2026-03-06T15:00:00Z", "ends_at": "2026-03-09T06:00:00Z"}
    plane.clock.forward(days=4, hours=4, minutes=59, seconds=59)
    assert in_force(plane) == []
    plane.clock.forward(seconds=1)
    assert in_force(plane) == ["year-end"]
    assert listed("freezes")[0]["in_force"]
    plane.clock.forward(days=2, hours=15)
    assert in_force(plane) == []


def test_a_gate_is_told_what_the_plane_knows(plane: ControlledPlane) -> None:
    declare(plane, WEEKLY, ends_at="2030-01-01T00:00:00Z")
    plane.clock.forward(days=5)
    known = [{key: value for key, value in item.items() if key not in {"in_force", "occurrence"}}
             for item in listed("freezes")]  # fmt: skip
    context = Context(
        "acme/shop", now=plane.clock.now(), beside={"window": {"windows": [], "freezes": known}}
    )
    found = collect(None, context).facts  # type: ignore[arg-type]
    assert [item["id"] for item in found["freezes"]] == ["year-end"]


def test_the_turn_of_the_year_is_frozen_every_year(plane: ControlledPlane) -> None:
    made = declare(plane, YEARLY, ends_at="2030-06-01T00:00:00Z")
    assert made["repeats"] == YEARLY
    assert listed("freezes")[0]["occurrence"]["starts_at"] == "2026-12-19T23:00:00Z"


def test_holidays_go_with_the_freeze_and_by_name_into_the_event(plane: ControlledPlane) -> None:
    made = declare(plane, HOLIDAYS, ends_at="2027-12-31T00:00:00Z")
    assert made["repeats"]["calendar"]["days"]["2026-04-03"] == "Good Friday"
    assert listed("freezes")[0]["occurrence"] == {
        "starts_at": "2026-04-02T22:00:00Z",
        "ends_at": "2026-04-03T22:00:00Z",
    }
    (news,) = (event.data for event in plane.announced() if isinstance(event.data, FreezeDeclared))
    assert news.repeats is not None
    assert (news.repeats.kind, news.repeats.calendar) == ("holidays", "germany")
