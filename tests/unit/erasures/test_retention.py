"""What is over is erased like everything that is, day by day, and never what a hold keeps."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from functions.erasures import perform, plan
from functions.erasures.facts import Facts, gather
from functions.erasures.model import Hold
from functions.erasures.retention import DAYS_A_TICK, Due, due
from tests.support.controls import command
from tests.support.erasing import FaultAt, People, carried_on
from tests.support.log_forge import NOW
from writ.contracts.action import Action
from writ.contracts.errors import PermanentError, TransientError
from writ.contracts.retention import PERMANENT, RETENTION, retention_of
from writ.contracts.statement import ACTION, APPROVAL, ERASURE
from writ.ports.flows import RunState

DAYS = RETENTION[ACTION].days or 0


@pytest.fixture
def people() -> People:
    world = People()
    for number, persons in enumerate([("octocat",), ()]):
        world.state(number, *persons)
    return world


def planned(people: People) -> list[Action]:
    event = command("ScheduleTicked.v1", "tick-1", people.clock.now(), schedule="rate(1 hour)")
    return plan.plan(event, gather(event, people.ports()), people.clock.now())


def test_every_type_has_its_class_and_an_unknown_one_is_kept() -> None:
    assert retention_of(ACTION).days == retention_of(APPROVAL).days == DAYS
    assert retention_of(ERASURE) is retention_of("https://writ.example/later/v1") is PERMANENT


def test_nothing_is_over_before_its_whole_day_is(people: People) -> None:
    people.clock.instant = NOW + timedelta(days=DAYS)
    assert NOW.date() not in [one.day for one in due(people.ports(), people.clock.now())]
    people.clock.forward(days=1)
    ours = [one for one in due(people.ports(), people.clock.now()) if one.day == NOW.date()]
    assert {one.type for one in ours} == {ACTION, APPROVAL}
    assert list(due(People().ports(), people.clock.now())) == []


def test_a_long_pause_is_made_up_for_a_month_at_a_time(people: People) -> None:
    people.clock.instant = NOW + timedelta(days=DAYS + 100)
    days = [one.day for one in due(people.ports(), people.clock.now()) if one.type == ACTION]
    assert len(days) == DAYS_A_TICK
    assert [later - day for day, later in pairwise(days)] == [timedelta(days=1)] * 30


def test_payloads_that_are_over_are_erased_and_the_log_verifies(people: People, tmp_path: Path) -> None:
    people.clock.instant = NOW + timedelta(days=DAYS + 2)
    actions = [action for action in planned(people) if action.parameters["type"] == ACTION]
    done = [perform.expire_payloads(action, people.ports()) for action in actions]
    assert [one["entries"] for one in done if one["entries"]] == [2]
    report = people.verified(tmp_path)
    assert (report.faults, report.erased, report.statements) == (0, 2, 1)
    assert people.vault.expired[ACTION].isoformat() == actions[-1].parameters["day"]
    assert [a for a in planned(people) if a.parameters["type"] == ACTION] == []


def test_a_day_whose_entries_are_erased_already_needs_no_statement(people: People) -> None:
    ref = people.vault.lookup("octocat") or ""
    people.clock.instant = NOW + timedelta(days=DAYS + 1)
    action = next(a for a in planned(people) if a.parameters["day"] == NOW.date().isoformat())
    perform.expire_payloads(action, people.ports())
    entries = dict(people.entries.entries)
    assert perform.expire_payloads(action, people.ports())["entries"] == 2
    assert people.entries.entries == entries
    assert carried_on(ref, "act-1", people.ports()).entries == 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_fault_at_any_port_call_is_made_up_for(tmp_path: Path, after: bool) -> None:
    number = 0
    while True:
        people = People()
        for place, persons in enumerate([("octocat",), ()]):
            people.state(place, *persons)
        people.clock.instant = NOW + timedelta(days=DAYS + 1)
        action = next(a for a in planned(people) if a.parameters["day"] == NOW.date().isoformat())
        fault = FaultAt(number, after=after, crash=False)
        try:
            perform.expire_payloads(action, people.ports(fault.wrap))
        except TransientError:
            perform.expire_payloads(action, people.ports())
        report = people.verified(tmp_path / str(number))
        assert (report.faults, report.erased) == (0, 2), f"call {number}"
        if not fault.reached:
            assert number > 10
            return
        number += 1


def test_a_hold_that_comes_after_the_plan_keeps_the_day(people: People) -> None:
    people.clock.instant = NOW + timedelta(days=DAYS + 1)
    action = planned(people)[0]
    people.vault.place(Hold("case-1", ACTION, people.clock.now(), "act-1"))
    with pytest.raises(PermanentError, match="held"):
        perform.expire_payloads(action, people.ports())
    assert people.vault.expired == {}
    assert [one.parameters["type"] for one in planned(people) if one.parameters["type"] == ACTION] == []


def test_names_of_days_are_parts_of_entry_ids() -> None:
    day = Due(type=ACTION, day=NOW.date())
    assert (day.name, day.batch) == ("action-v1/2026-03-01", "rt-action-v1-2026-03-01")


def test_an_erasure_that_stands_still_is_finished_by_a_tick(people: People) -> None:
    ref = people.vault.lookup("octocat") or ""
    people.vault.fence(ref, "act-1", people.clock.now())
    assert planned(people) == []
    people.clock.forward(minutes=31)
    [action] = planned(people)
    assert (action.name, action.target.id) == ("resume-erasure", ref)
    perform.resume_erasure(action, people.ports())
    assert planned(people) == []  # it runs
    people.flows.end("erasure", ref, RunState.FAILED)
    assert [action.parameters for action in planned(people)] == [{"attempt": 2}]
    assert carried_on(ref, "act-1", people.ports()).entries == 1
    assert planned(people) == []


def test_resuming_what_was_never_begun_is_refused(people: People) -> None:
    ref = people.vault.lookup("octocat") or ""
    facts = Facts(unfinished={ref: 1})
    event = command("ScheduleTicked.v1", "tick-1", people.clock.now(), schedule="rate(1 hour)")
    [action] = plan.plan(event, facts, people.clock.now())
    with pytest.raises(PermanentError, match="not_begun"):
        perform.resume_erasure(action, people.ports())
    assert people.about("octocat")
