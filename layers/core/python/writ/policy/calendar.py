"""Change windows and freezes as facts: pure functions of their definitions and the time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from writ.policy.controls import Freeze, Window
from writ.policy.recurrence import DAYS
from writ.policy.zones import zone

_LOOK_AHEAD_DAYS: Final = 31
_WINDOWS: Final = TypeAdapter(list[Window])
_FREEZES: Final = TypeAdapter(list[Freeze])


def change_facts(
    freezes: Sequence[Mapping[str, Any]], windows: Sequence[Mapping[str, Any]], now: datetime
) -> dict[str, Any]:
    """The `change` facts at an instant: `window_open`, `window` and `freezes` in force, each `until` when.

    Where no window is defined, it is open. Definitions that cannot be read leave their fact out, and
    policy answers `unknown`.
    """
    facts: dict[str, Any] = {}
    try:
        open_now, facts["window"] = window_at(_WINDOWS.validate_python(list(windows)), now)
    except ValidationError:
        open_now, facts["window"] = None, "the change windows cannot be read"
    if open_now is not None:
        facts["window_open"] = open_now
    try:
        in_force = freezes_at(_FREEZES.validate_python(list(freezes)), now)
    except ValidationError:
        return facts
    return {**facts, "freezes": [_shown(freeze, now) for freeze in in_force]}


def _shown(freeze: Freeze, now: datetime) -> dict[str, Any]:
    held = freeze.occurrence(now)
    until = {} if held is None else {"until": held[1].astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")}
    return {**freeze.model_dump(mode="json", include={"id", "reason", "scope"}), **until}


def freezes_at(freezes: Iterable[Freeze], now: datetime) -> list[Freeze]:
    """Freezes in force at an instant, by id."""
    return sorted((freeze for freeze in freezes if freeze.in_force(now)), key=lambda freeze: freeze.id)


def window_at(windows: Sequence[Window], now: datetime) -> tuple[bool | None, str]:
    """Whether a change window is open, and its name; when closed, the words for when the next one opens.

    None where no window is open and of one it is not known, because its holidays are not.
    """
    if not windows:
        return True, "no change window is defined"
    states = {window.name: is_open(window, now) for window in windows}
    for name, state in states.items():
        if state:
            return True, name
    for name, state in states.items():
        if state is None:
            return None, f"the holidays of {name} are not known for this day"
    openings = [(opening, window.name) for window in windows if (opening := next_opening(window, now))]
    if not openings:
        return False, f"none opens within {_LOOK_AHEAD_DAYS} days"
    opening, name = min(openings)
    return False, f"{name} opens at {opening.strftime('%Y-%m-%dT%H:%MZ')}"


def is_open(window: Window, now: datetime) -> bool | None:
    """Whether an instant is inside a window, by the wall clock of its zone; None if its holidays are unknown.

    When clocks go back, the repeated hour is inside twice; when they go forward, the hour that is skipped
    simply does not occur.
    """
    wall = now.astimezone(zone(window.zone)).replace(tzinfo=None)
    today = wall.date()
    for day in (today - timedelta(days=1), today):
        start, end = _span(window, day)
        if DAYS[day.weekday()] in window.days and start <= wall < end:
            closed = window.closed_on(day)
            if closed is not True:
                return None if closed is None else True
    return False


def next_opening(window: Window, now: datetime) -> datetime | None:
    """The first opening after an instant, in UTC; None within the coming 31 days."""
    clock = zone(window.zone)
    today = now.astimezone(clock).date()
    days = (today + timedelta(days=number) for number in range(_LOOK_AHEAD_DAYS + 1))
    opened = (day for day in days if DAYS[day.weekday()] in window.days and window.closed_on(day) is False)
    openings = (_span(window, day)[0].replace(tzinfo=clock).astimezone(UTC) for day in opened)
    return next((opening for opening in openings if opening > now), None)


def _span(window: Window, day: date) -> tuple[datetime, datetime]:
    """The wall times between which the window is open, if it opens on this day."""
    opens, closes = _of_day(window.opens), _of_day(window.closes)
    length = closes - opens if closes > opens else closes - opens + timedelta(days=1)
    start = datetime.combine(day, time()) + opens
    return start, start + length


def _of_day(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
