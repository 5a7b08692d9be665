"""Wall clocks and holidays: the same on every machine, and unknown where nothing is known."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.unit.policy.facts import POLICIES, complete, engine
from writ.contracts.action import Verdict
from writ.policy.bundle import Bundle
from writ.policy.calendar import change_facts, is_open, next_opening
from writ.policy.controls import Window
from writ.policy.holidays import Calendar
from writ.policy.zones import release, zone

DATA = json.loads((POLICIES / "data.json").read_text())
HOLIDAYS: dict[str, Any] = DATA["calendar"]["holidays"]
OFFICE = {
    "name": "office",
    "zone": "Europe/Berlin",
    "days": ["mon", "tue", "wed", "thu", "fri"],
    "opens": "09:00",
    "closes": "17:00",
    "calendars": ["germany"],
}


def windows(*given: dict[str, Any]) -> list[dict[str, Any]]:
    """Windows as the kernel hands them over, the calendars of this repository in them."""
    calendar = {"windows": list(given), "holidays": HOLIDAYS}
    source = "package writ.actions\nimport rego.v1\n"
    return Bundle.of({"a.rego": source, "data.json": json.dumps({"calendar": calendar})}).windows


def window(**changes: Any) -> Window:
    (made,) = windows({**OFFICE, **changes})
    return Window.model_validate(made)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "now", "open_now"),
    [
        # https://www.timeanddate.com/time/change: the hour before and after each change of clocks.
        ("Europe/Berlin", "2026-03-27T07:59:00", False),  # Friday before, one hour ahead of UTC
        ("Europe/Berlin", "2026-03-27T08:00:00", True),
        ("Europe/Berlin", "2026-03-30T06:59:00", False),  # Monday after, two hours ahead
        ("Europe/Berlin", "2026-03-30T07:00:00", True),
        ("America/New_York", "2026-03-06T13:59:00", False),  # five hours behind
        ("America/New_York", "2026-03-09T13:00:00", True),  # four hours behind
        ("Asia/Kolkata", "2026-03-09T03:29:00", False),  # half an hour, and no change of clocks
        ("Asia/Kolkata", "2026-03-09T03:30:00", True),
        ("Australia/Lord_Howe", "2026-04-03T22:00:00", False),  # Saturday there already
        ("Pacific/Kiritimati", "2026-03-08T19:00:00", True),  # Monday, fourteen hours ahead
    ],
)
def test_a_window_follows_the_clock_of_its_zone_on_either_side_of_a_change(
    name: str, now: str, open_now: bool
) -> None:
    assert is_open(window(zone=name, calendars=[]), at(now)) is open_now


def test_a_window_past_midnight_is_an_hour_shorter_when_clocks_go_forward_and_longer_when_back() -> None:
    night = window(days=["sat"], opens="22:00", closes="06:00", calendars=[])

    def minutes(start: str) -> int:
        return sum(is_open(night, at(start) + timedelta(minutes=m)) is True for m in range(0, 16 * 60, 5)) * 5

    assert minutes("2026-02-07T18:00:00") == 8 * 60
    assert minutes("2026-03-28T18:00:00") == 7 * 60
    assert minutes("2026-10-24T18:00:00") == 9 * 60


def test_an_opening_in_the_skipped_hour_comes_when_the_clocks_have_gone_on() -> None:
    early = window(days=["sun"], opens="02:30", closes="05:00", calendars=[])
    opening = next_opening(early, at("2026-03-28T12:00:00"))
    assert opening == at("2026-03-29T01:30:00")
    assert is_open(early, at("2026-03-29T01:30:00")) is True  # 03:30 there
    assert is_open(early, at("2026-03-29T00:59:59")) is False  # 01:59:59


def test_a_holiday_by_its_calendar_closes_the_day_and_only_that() -> None:
    assert is_open(window(), at("2026-05-25T10:00:00")) is False  # Whit Monday
    assert is_open(window(), at("2026-05-26T10:00:00")) is True
    assert is_open(window(calendars=["us-federal"]), at("2026-11-26T10:00:00")) is False  # Thanksgiving
    assert next_opening(window(), at("2026-12-24T17:00:00")) == at("2026-12-28T08:00:00")


def test_a_holiday_is_the_day_of_the_zone_not_that_of_utc() -> None:
    tokyo = window(zone="Asia/Tokyo", opens="06:00", closes="24:00", calendars=[], holidays=["2026-11-24"])
    assert is_open(tokyo, at("2026-11-23T22:00:00")) is False  # the 24th there
    assert is_open(tokyo, at("2026-11-24T22:00:00")) is True  # the 25th there


def test_a_year_that_no_calendar_covers_is_unknown_and_never_performs() -> None:
    """I6"""
    now = at("2028-05-26T10:00:00")
    facts = change_facts([], windows(OFFICE), now)
    assert ("window_open" in facts, facts["window"]) == (
        False,
        "the holidays of office are not known for this day",
    )
    decision = engine().decide(complete(change=facts, action__risk="medium"), now)
    assert decision.verdict is Verdict.UNKNOWN
    closed = change_facts([], windows(OFFICE), at("2028-05-26T20:00:00"))
    assert closed["window_open"] is False  # no calendar is needed to know that
    always = {**OFFICE, "name": "always", "days": ["fri"], "calendars": []}
    assert change_facts([], windows(OFFICE, always), now)["window"] == "always"


def test_a_calendar_that_is_not_there_is_unknown() -> None:
    """I6"""
    facts = change_facts([], windows({**OFFICE, "calendars": ["atlantis"]}), at("2026-05-26T10:00:00"))
    assert "window_open" not in facts


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "../etc", "", "Europe", "Europe/", "/etc", "zone.tab", "a\nb"]
)
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no IANA time zone"):
        zone(name)


def test_zones_come_from_the_package_and_not_from_the_machine() -> None:
    program = (
        "import zoneinfo; zoneinfo.reset_tzpath(to=[]); "
        "from datetime import datetime; from writ.policy.zones import zone; "
        "print(datetime(2026, 7, 1, tzinfo=zone('Europe/Berlin')).utcoffset())"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "2:00:00\n"
    assert release()[:4].isdigit()


def test_the_windows_and_calendars_of_this_repository_can_be_read() -> None:
    for name, fields in HOLIDAYS.items():
        Calendar.model_validate({"name": name, **fields})
    TypeAdapter(list[Window]).validate_python(Bundle.load(POLICIES).windows)


@pytest.mark.parametrize(
    "change",
    [
        {"source": "somebody said so"},
        {"source": None},
        {"first": 2027, "last": 2026},
        {"days": {"2025-12-25": "Christmas Day"}},
        {"last": 2028},
        {"days": {"2026-02-30": "No Day", "2027-01-01": "New Year's Day"}},
    ],
)
def test_a_calendar_without_source_or_with_gaps_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Calendar.model_validate({"name": "germany", **HOLIDAYS["germany"], **change})


def easter(year: int) -> date:
    """The Gregorian algorithm of Meeus, Jones and Butcher (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    l = (32 + 2 * e + 2 * i - h - k) % 7  # noqa: E741 - the letters are those of the source
    month, day = divmod(h + l - 7 * ((a + 11 * h + 22 * l) // 451) + 114, 31)
    return date(year, month, day + 1)


def days_of(name: str, year: int) -> set[date]:
    return {day for day in map(date.fromisoformat, HOLIDAYS[name]["days"]) if day.year == year}


@pytest.mark.parametrize("year", [2026, 2027])
def test_german_holidays_are_those_that_all_laender_share(year: int) -> None:
    fixed = {date(year, month, day) for month, day in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))}
    moving = {easter(year) + timedelta(days=days) for days in (-2, 1, 39, 50)}
    assert days_of("germany", year) == fixed | moving


def nth(year: int, month: int, weekday: int, number: int) -> date:
    """The `number`th such weekday of a month, from its end when negative."""
    days = [date(year, month, 1) + timedelta(days=n) for n in range(31)]
    return [day for day in days if day.month == month and day.weekday() == weekday][
        number - 1 if number > 0 else number
    ]


@pytest.mark.parametrize("year", [2026, 2027])
def test_federal_holidays_are_those_of_5_usc_6103(year: int) -> None:
    weekdays = ((1, 0, 3), (2, 0, 3), (5, 0, -1), (9, 0, 1), (10, 0, 2), (11, 3, 4))
    moving = {nth(year, month, weekday, number) for month, weekday, number in weekdays}
    fixed = [
        date(y, m, d) for y in (year, year + 1) for m, d in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
    ]
    observed = {day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0)) for day in fixed}
    assert days_of("us-federal", year) == moving | {day for day in observed if day.year == year}
