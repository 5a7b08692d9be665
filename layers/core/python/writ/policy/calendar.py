"""Change windows and freezes as facts: pure functions of their definitions and the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from writ.policy.controls import DAYS, Freeze, Window

_LOOK_AHEAD_DAYS: Final = 31
_WINDOWS: Final = TypeAdapter(list[Window])
_FREEZES: Final = TypeAdapter(list[Freeze])


def change_facts(
    freezes: Sequence[Mapping[str, Any]], windows: Sequence[Mapping[str, Any]], now: datetime
) -> dict[str, Any]:
    """The `change` facts at an instant: `window_open`, `window` and the `freezes` in force.

    Where no window is defined, it is open. Definitions that cannot be read leave their fact out, and
    policy answers `unknown`.
    """
    facts: dict[str, Any] = {}
    try:
        facts["window_open"], facts["window"] = window_at(_WINDOWS.validate_python(list(windows)), now)
    except ValidationError:
        facts["window"] = "the change windows cannot be read"
    try:
        in_force = freezes_at(_FREEZES.validate_python(list(freezes)), now)
    except ValidationError:
        return facts
    shown = {"id", "reason", "scope"}
    return {**facts, "freezes": [freeze.model_dump(mode="json", include=shown) for freeze in in_force]}


def freezes_at(freezes: Iterable[Freeze], now: datetime) -> list[Freeze]:
    """Freezes in force at an instant, by id."""
    return sorted((freeze for freeze in freezes if freeze.in_force(now)), key=lambda freeze: freeze.id)


def window_at(windows: Sequence[Window], now: datetime) -> tuple[bool, str]:
    """Whether a change window is open, and its name; when closed, the words for when the next one opens."""
    if not windows:
        return True, "no change window is defined"
    for window in windows:
        if is_open(window, now):
            return True, window.name
    openings = [(opening, window.name) for window in windows if (opening := next_opening(window, now))]
    if not openings:
        return False, f"none opens within {_LOOK_AHEAD_DAYS} days"
    opening, name = min(openings)
    return False, f"{name} opens at {opening.strftime('%Y-%m-%dT%H:%MZ')}"


def is_open(window: Window, now: datetime) -> bool:
    """Whether an instant is inside a window, by the wall clock of its zone.

    When clocks go back, the repeated hour is inside twice; when they go forward, the hour that is skipped
    simply does not occur.
    """
    wall = now.astimezone(ZoneInfo(window.zone)).replace(tzinfo=None)
    today = wall.date()
    return any(start <= wall < end for start, end in _spans(window, (today - timedelta(days=1), today)))


def next_opening(window: Window, now: datetime) -> datetime | None:
    """The first opening after an instant, in UTC; None within the coming 31 days."""
    zone = ZoneInfo(window.zone)
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=number) for number in range(_LOOK_AHEAD_DAYS + 1))
    openings = (start.replace(tzinfo=zone).astimezone(UTC) for start, _ in _spans(window, days))
    return next((opening for opening in openings if opening > now), None)


def _spans(window: Window, days: Iterable[date]) -> Iterator[tuple[datetime, datetime]]:
    """The wall times between which the window is open, for each of these days it opens on."""
    opens, closes = _of_day(window.opens), _of_day(window.closes)
    length = closes - opens if closes > opens else closes - opens + timedelta(days=1)
    for day in days:
        if DAYS[day.weekday()] in window.days and day not in window.holidays:
            start = datetime.combine(day, time()) + opens
            yield start, start + length


def _of_day(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
