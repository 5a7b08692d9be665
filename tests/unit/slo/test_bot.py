"""The slo bot through the loop: what it records is what policy decides by, and what it says is news."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.slo.api import api
from functions.slo.handler import bot
from functions.slo.standing import Standing
from tests.support.controls import ControlledGuards, ControlledPlane, command
from tests.support.http import call
from tests.support.memory import MemoryGuards
from tests.unit.slo.conftest import MemoryOutcomes
from writ.contracts.action import Target
from writ.contracts.errors import ContractError
from writ.ports.controls import budget_key, service_digest
from writ.slo.counts import Count

DAY = timedelta(days=1)
KEY = budget_key(service_digest("backlog"))


def tick(plane: ControlledPlane, id: str) -> list[str]:
    """One round of the bot; the types of the events that came of it, those of the loop left out."""
    before = len(plane.announced())
    bot.run(command("ScheduleTicked.v1", id, plane.clock.now(), schedule="rate(5 minutes)"))
    return [event.type for event in plane.announced()[before:]]


def test_an_outage_is_told_once_held_by_policy_and_told_again_when_over(
    plane: ControlledPlane, outcomes: MemoryOutcomes
) -> None:
    now = plane.clock.now()
    assert tick(plane, "tick-1") == []
    outcomes.happened("backlog", now, [(timedelta(minutes=2), Count(0, 9)), (2 * DAY, Count(200, 0))])
    assert tick(plane, "tick-2") == ["BudgetSpent.v1", "BurnRateExceeded.v1"]
    assert tick(plane, "tick-3") == []
    guards = ControlledGuards(MemoryGuards(plane.actions), plane.controls)
    target = Target(kind="service", id="backlog").subject_digest()
    assert guards.read("backlog", "retire-task", "0" * 64, now).budget == {
        "bot": "freeze",
        "target": "normal",
    }
    assert guards.read("canary", "promote", target, now).budget == {"bot": "normal", "target": "freeze"}
    outcomes.happened("backlog", now, [(2 * DAY, Count(200, 9))])
    assert tick(plane, "tick-4") == ["BurnRateSettled.v1"]
    outcomes.happened("backlog", now, [(2 * DAY, Count(200, 0))])
    assert tick(plane, "tick-5") == ["BudgetRecovered.v1"]


def test_an_event_delivered_twice_changes_nothing(plane: ControlledPlane, outcomes: MemoryOutcomes) -> None:
    outcomes.happened("backlog", plane.clock.now(), [(2 * DAY, Count(1992, 8))])
    assert tick(plane, "tick-1") == ["BudgetRunLow.v1"]
    recorded = dict(plane.controls.documents)
    assert tick(plane, "tick-1") == []
    assert plane.controls.documents == recorded


@pytest.mark.parametrize("text", ["", "not JSON", "[]", '{"budget": "calm"}', '{"budget": null}'])
def test_a_standing_nobody_can_read_is_written_anew(plane: ControlledPlane, text: str) -> None:
    plane.controls.documents[KEY] = text
    assert tick(plane, "tick-1") == ["BudgetRecovered.v1"]
    assert Standing.parse(plane.controls.documents[KEY]).budget == "normal"


def test_the_route_shows_what_the_counts_say_and_what_policy_goes_by(
    plane: ControlledPlane, outcomes: MemoryOutcomes
) -> None:
    outcomes.happened("backlog", plane.clock.now(), [(2 * DAY, Count(1992, 8)), (timedelta(), Count(9, 0))])
    shown = call(api, "GET", "/v1/slo/backlog").body
    assert (shown["objective"], shown["events"]) == (99.5, {"good": 2001, "bad": 8})
    assert (shown["budget"], shown["burning"]) == ("review", "none")
    assert shown["recorded"] == {"budget": "normal", "burning": "none", "since": None}
    assert [burn["long_minutes"] for burn in shown["burn"]] == [60, 360, 4320]
    assert shown["budget_left"] == pytest.approx(20.35, abs=0.01)


def test_the_list_has_every_folder_and_its_pages_follow_each_other(plane: ControlledPlane) -> None:
    first = call(api, "GET", "/v1/slo", query={"limit": "3"}).body
    assert len(first["items"]) == 3
    rest = call(api, "GET", "/v1/slo", query={"cursor": first["next_cursor"]}).body
    names = [item["name"] for item in (*first["items"], *rest["items"])]
    assert names == sorted(names)
    assert {"backlog", "evidence", "slo"} <= set(names)
    by_name = {item["name"]: item for item in rest["items"]}
    assert by_name["evidence"]["indicators"] == ["requests"]
    assert by_name["evidence"]["success"] is None


def test_what_is_not_there_is_named(plane: ControlledPlane) -> None:
    answer = call(api, "GET", "/v1/slo/nobody")
    assert (answer.status, answer.body["field"]) == (404, "name")
    answer = call(api, "GET", "/v1/slo", query={"limit": "many"})
    assert (answer.status, answer.body["field"]) == (400, "limit")


def test_contracts_refuse_a_severity_that_is_none() -> None:
    with pytest.raises(ContractError, match="severity"):
        command(
            "BurnRateExceeded.v1",
            "e-1",
            ControlledPlane().clock.now(),
            bot="backlog",
            objective=99.5,
            left=0,
            failed=1,
            total=2,
            severity="none",
        )
