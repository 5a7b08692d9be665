"""Freezes that come again: each edge of their times, by the clock of their zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from writ.policy.calendar import change_facts
from writ.policy.controls import Freeze
from writ.policy.recurrence import Recurrence, occurrence

SECOND = timedelta(seconds=1)
CALENDAR = {
    "name": "germany",
    "source": "https://example.org/days",
    "first": 2026,
    "last": 2026,
    "days": {"2026-05-01": "Labour Day", "2026-12-25": "Christmas Day"},
}


def recurring(kind: str, zone: str = "Europe/Berlin", **said: Any) -> Any:
    return TypeAdapter(Recurrence).validate_python({"kind": kind, "zone": zone, **said})


WEEKEND = recurring("weekly", first="fri 16:00", last="mon 07:00")
YEAR_END = recurring("yearly", first="12-20", last="01-02")
HOLIDAYS = recurring("holidays", calendar=CALENDAR)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def freeze(repeats: Any, start: str = "2026-01-01T00:00", end: str = "2028-01-01T00:00") -> Freeze:
    return Freeze.model_validate(
        {
            "id": "again",
            "scope": {"bots": [], "actions": []},
            "owner": "platform",
            "reason": "nobody is there",
            "starts_at": utc(start),
            "ends_at": utc(end),
            "declared_by": "ann",
            "repeats": repeats.model_dump(),
        }
    )


@pytest.mark.parametrize(
    ("recurrence", "begins", "ends"),
    [
        (WEEKEND, "2026-02-27T15:00", "2026-03-02T06:00"),  # winter: an hour ahead of UTC
        (WEEKEND, "2026-06-05T14:00", "2026-06-08T05:00"),  # summer: two
        (WEEKEND, "2026-03-27T15:00", "2026-03-30T05:00"),  # the clocks go on within, and back
        (WEEKEND, "2026-10-23T14:00", "2026-10-26T06:00"),
        (YEAR_END, "2026-12-19T23:00", "2027-01-02T23:00"),
        (HOLIDAYS, "2026-04-30T22:00", "2026-05-01T22:00"),
        # 02:30 is skipped on 29 March, and comes twice on 25 October.
        (recurring("weekly", first="sun 02:30", last="sun 05:00"), "2026-03-29T01:00", "2026-03-29T03:00"),
        (recurring("weekly", first="sun 00:00", last="sun 02:30"), "2026-03-28T23:00", "2026-03-29T01:00"),
        (recurring("weekly", first="sun 02:30", last="sun 05:00"), "2026-10-25T00:30", "2026-10-25T04:00"),
        (recurring("weekly", first="sun 00:00", last="sun 02:30"), "2026-10-24T22:00", "2026-10-25T01:30"),
        # From one week into the next, on one and the same day.
        (recurring("weekly", "Etc/UTC", first="mon 12:00", last="mon 08:00"), "2026-03-02T12:00",
         "2026-03-09T08:00"),
        # By a clock that goes on by half an hour.
        (recurring("weekly", "Australia/Lord_Howe", first="sun 02:15", last="sun 04:00"), "2026-10-03T15:30",
         "2026-10-03T17:00"),
    ],
)  # fmt: skip
def test_it_holds_from_its_first_second_to_its_last(recurrence: Any, begins: str, ends: str) -> None:
    begin, end, held = utc(begins), utc(ends), freeze(recurrence)
    states = [held.in_force(at) for at in (begin - SECOND, begin, end - SECOND, end)]
    assert states == [False, True, True, False]
    assert occurrence(recurrence, begin - SECOND) == (begin, end)
    assert occurrence(recurrence, end - SECOND) == (begin, end)


def test_in_an_hour_that_is_repeated_it_does_not_let_go_in_between() -> None:
    held = freeze(recurring("weekly", first="sat 20:00", last="sun 02:30"))
    begin = utc("2026-10-24T18:00")
    minutes = [begin + timedelta(minutes=number) for number in range(500)]
    states = [held.in_force(minute) for minute in minutes]
    assert states == sorted(states, reverse=True)
    assert sum(states) == 7 * 60 + 30


def test_a_hundred_weeks_have_as_many_hours_of_weekends() -> None:
    held = freeze(WEEKEND)
    hours = [utc("2026-01-07T00:00") + timedelta(hours=number) for number in range(100 * 168)]
    # Twice the clocks go on at a weekend, and twice they go back.
    assert sum(held.in_force(hour) for hour in hours) == 100 * 63


def test_it_holds_only_within_its_own_time() -> None:
    held = freeze(WEEKEND, "2026-02-28T12:00", "2026-03-07T12:00")
    assert held.occurrence(utc("2026-02-01T00:00")) == (utc("2026-02-28T12:00"), utc("2026-03-02T06:00"))
    assert not held.in_force(utc("2026-02-28T11:00"))
    assert held.occurrence(utc("2026-03-05T00:00")) == (utc("2026-03-06T15:00"), utc("2026-03-07T12:00"))
    assert held.occurrence(utc("2026-03-07T12:00")) is None
    assert freeze(HOLIDAYS).occurrence(utc("2026-12-26T00:00")) is None


def test_policy_is_told_of_it_the_second_it_begins() -> None:
    items = [freeze(WEEKEND).model_dump(mode="json")]
    begin = utc("2026-02-27T15:00")
    assert change_facts(items, [], begin - SECOND)["freezes"] == []
    (told,) = change_facts(items, [], begin)["freezes"]
    until = {"until": "2026-03-02T06:00Z"}  # of this occurrence, and not of the last one
    assert told == {"id": "again", "reason": "nobody is there", "scope": {"bots": [], "actions": []}, **until}


def test_what_nobody_can_read_is_not_taken_for_no_freeze() -> None:
    item = freeze(WEEKEND).model_dump(mode="json")
    item["repeats"]["first"] = "friday"
    assert "freezes" not in change_facts([item], [], utc("2026-02-28T12:00"))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("weekly", {"first": "fri 24:00", "last": "mon 07:00"}),
        ("weekly", {"first": "fri 16:00", "last": "fri 16:00"}),
        ("weekly", {"first": "fri 16:00"}),
        ("weekly", {"first": "fri 16:00", "last": "mon 07:00", "zone": "Mars/Olympus"}),
        ("yearly", {"first": "02-29", "last": "03-01"}),
        ("yearly", {"first": "13-01", "last": "13-02"}),
        ("daily", {"first": "16:00", "last": "17:00"}),
        ("holidays", {"calendar": "germany"}),
    ],
)
def test_a_time_that_is_none_is_refused(kind: str, said: Any) -> None:
    with pytest.raises(ValidationError):
        recurring(kind, **said)
