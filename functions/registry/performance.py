"""How well a bot does: success and error budget out of counted outcomes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from writ.slo import budget
from writ.slo.counts import PERIOD, Count

DAY: Final = timedelta(hours=24)
MONTH: Final = PERIOD
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tally:
    """Outcomes counted, and the milliseconds from plan to outcome, waits for a person included."""

    succeeded: int = 0
    failed: int = 0
    denied: int = 0
    expired: int = 0
    total_ms: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.succeeded + other.succeeded,
            self.failed + other.failed,
            self.denied + other.denied,
            self.expired + other.expired,
            self.total_ms + other.total_ms,
        )

    @property
    def tried(self) -> Count:
        """What an objective is about."""
        return Count(self.succeeded, self.failed)

    @property
    def outcomes(self) -> int:
        return self.succeeded + self.failed + self.denied + self.expired


def slot(instant: datetime) -> str:
    """The hour an outcome is counted in: yyyymmddHH, UTC."""
    return instant.astimezone(UTC).strftime("%Y%m%d%H")


def first_slot(now: datetime, window: timedelta) -> str:
    """The first hour of a window that ends with the hour that is running."""
    return slot(now - window + _HOUR)


def within(hours: Mapping[str, Tally], now: datetime, window: timedelta) -> Tally:
    """The sum over the hours of a window."""
    first, last = first_slot(now, window), slot(now)
    return _sum(tally for hour, tally in hours.items() if first <= hour <= last)


def success(tally: Tally) -> float | None:
    """Percent of actions that succeeded; None where none was tried.

    A denied or expired action is an answer, not a failure.
    """
    return budget.success(tally.tried)


def budget_left(tally: Tally, objective: float) -> float:
    """Percent of the error budget that is left; see writ.slo.budget."""
    return budget.left(tally.tried, objective)


def average_ms(tally: Tally) -> float | None:
    """Milliseconds from plan to outcome; None without an outcome."""
    return None if tally.outcomes == 0 else tally.total_ms / tally.outcomes


def report(tally: Tally, objective: float) -> dict[str, Any]:
    """What callers see of a window; percent with two decimals."""
    achieved, average = success(tally), average_ms(tally)
    return {
        "success": None if achieved is None else budget.floored(achieved),
        "budget_left": budget.floored(budget_left(tally, objective)),
        "average_ms": None if average is None else round(average),
        "actions": {
            "succeeded": tally.succeeded,
            "failed": tally.failed,
            "denied": tally.denied,
            "expired": tally.expired,
        },
    }


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total += tally
    return total
