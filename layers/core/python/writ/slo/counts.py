"""Good and bad events of one objective, counted by slots of time, and their sums over windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

PERIOD: Final = timedelta(days=30)
SLOT: Final = timedelta(minutes=5)
HOUR: Final = timedelta(hours=1)
# Windows up to this one are summed by slots, longer ones by hours.
LONGEST_BY_SLOTS: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Count:
    """Events of a window: those that met the objective, and those that did not."""

    good: int = 0
    bad: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.good + other.good, self.bad + other.bad)

    @property
    def total(self) -> int:
        return self.good + self.bad


@dataclass(frozen=True, slots=True)
class History:
    """Counts by number of the five minutes, and of the hour, since the epoch; what is absent is zero."""

    slots: Mapping[int, Count] = field(default_factory=dict)
    hours: Mapping[int, Count] = field(default_factory=dict)

    def within(self, window: timedelta, now: datetime) -> Count:
        """The sum over a window that ends now.

        The slot that is running counts and so does the one in which the window begins, so that the sum
        covers the window and up to one slot (for windows over six hours one hour) more.
        """
        if window <= LONGEST_BY_SLOTS:
            return _sum(self.slots, number_of(now - window, SLOT), number_of(now, SLOT))
        return _sum(self.hours, number_of(now - window, HOUR), number_of(now, HOUR))


def number_of(instant: datetime, length: timedelta) -> int:
    """Which slot of this length an instant is in, counted from the epoch."""
    return int(instant.timestamp() // length.total_seconds())


def _sum(counts: Mapping[int, Count], first: int, last: int) -> Count:
    good = bad = 0
    for number, count in counts.items():
        if first <= number <= last:
            good += count.good
            bad += count.bad
    return Count(good, bad)
