from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from writ.policy.calendar import change_facts, is_open, next_opening, window_at
from writ.policy.controls import Freeze, Window

BERLIN = {
    "name": "office",
    "zone": "Europe/Berlin",
    "days": ["mon", "tue", "wed", "thu"],
    "opens": "09:00",
    "closes": "17:00",
    "holidays": ["2026-12-24"],
}
NIGHT = {"name": "night", "zone": "Etc/UTC", "days": ["fri"], "opens": "22:00", "closes": "04:00"}
FREEZE = {
    "id": "year-end",
    "scope": {"bots": ["release"]},
    "owner": "platform",
    "reason": "quiet",
    "starts_at": "2026-12-20T00:00:00+01:00",
    "ends_at": "2027-01-04T00:00:00+01:00",
    "declared_by": "ada",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-23T07:59:59", False),
        ("2026-11-23T08:00:00", True),
        ("2026-11-23T15:59:59", True),
        ("2026-11-23T16:00:00", False),
        ("2026-07-06T07:00:00", True),  # summer time: two hours ahead
        ("2026-11-27T10:00:00", False),  # a Friday
        ("2026-12-24T10:00:00", False),  # a holiday
    ],
)
def test_window_follows_the_wall_clock_of_its_zone(now: str, expected: bool) -> None:
    assert is_open(Window.model_validate(BERLIN), at(now)) is expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-27T21:59:00", False),
        ("2026-11-27T23:00:00", True),
        ("2026-11-28T03:59:00", True),
        ("2026-11-28T04:00:00", False),
        ("2026-11-27T03:00:00", False),
    ],
)
def test_window_past_midnight_belongs_to_the_day_it_opens_on(now: str, expected: bool) -> None:
    assert is_open(Window.model_validate(NIGHT), at(now)) is expected


def test_window_is_open_both_times_when_clocks_repeat_the_hour() -> None:
    window = Window.model_validate({**BERLIN, "days": ["sun"], "opens": "02:00", "closes": "03:00"})
    assert is_open(window, at("2026-10-25T00:30:00"))
    assert is_open(window, at("2026-10-25T01:30:00"))
    assert not is_open(window, at("2026-10-25T02:00:00"))
    assert not any(
        is_open(window, at("2026-03-29T00:00:00") + timedelta(minutes=m)) for m in range(0, 180, 10)
    )


def test_closed_window_says_when_the_next_one_opens() -> None:
    windows = [Window.model_validate(BERLIN), Window.model_validate(NIGHT)]
    assert window_at(windows, at("2026-11-27T10:00:00")) == (False, "night opens at 2026-11-27T22:00Z")
    assert window_at(windows[:1], at("2026-11-27T10:00:00")) == (False, "office opens at 2026-11-30T08:00Z")
    assert window_at(windows[:1], at("2026-11-30T10:00:00")) == (True, "office")


def test_next_opening_passes_over_holidays() -> None:
    assert next_opening(Window.model_validate(BERLIN), at("2026-12-23T17:00:00")) == at("2026-12-28T08:00:00")


def test_no_window_defined_is_open() -> None:
    assert change_facts([], [], at("2026-11-23T03:00:00"))["window_open"] is True


@pytest.mark.parametrize(
    ("now", "ids"),
    [
        ("2026-12-19T22:59:59", []),
        ("2026-12-19T23:00:00", ["year-end"]),
        ("2027-01-03T22:59:59", ["year-end"]),
        ("2027-01-03T23:00:00", []),
    ],
)
def test_freeze_is_in_force_from_start_until_end(now: str, ids: list[str]) -> None:
    facts = change_facts([FREEZE], [], at(now))
    assert [freeze["id"] for freeze in facts["freezes"]] == ids


def test_fact_is_left_out_when_its_definition_cannot_be_read() -> None:
    broken = change_facts([{"id": "x"}], [{"name": "x"}], at("2026-11-23T03:00:00"))
    assert "window_open" not in broken
    assert "freezes" not in broken


@pytest.mark.parametrize(
    "change",
    [{"zone": "Mars/Olympus"}, {"zone": "../etc"}, {"days": []}, {"opens": "24:00"}, {"closes": "24:01"}],
)
def test_window_is_refused_when_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Window.model_validate({**BERLIN, **change})


def test_freeze_is_refused_when_it_ends_before_it_starts() -> None:
    with pytest.raises(ValidationError):
        Freeze.model_validate({**FREEZE, "ends_at": FREEZE["starts_at"]})
