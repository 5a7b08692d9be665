"""What a task is worth: RICE and WSJF from the same six figures, and the quadrant of effort and benefit.

The formulas, their units and a worked example are in docs/guides/backlog.md. Sources: RICE, Intercom
(https://www.intercom.com/blog/rice-simple-prioritization-for-product-managers/); WSJF, Scaled Agile
(https://framework.scaledagile.com/wsjf).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

Method = Literal["rice", "wsjf"]

# Working time: five days a week, 52 weeks a year.
TIMES_A_MONTH: Final = {"day": 5 * 52 / 12, "week": 52 / 12, "month": 1.0}

# Each threshold lifts the figure one step on WSJF's scale.
_SCALE: Final = (1, 2, 3, 5, 8, 13, 20)
_HOURS_A_MONTH: Final = (1, 2, 4, 8, 16, 40)
_TIMES: Final = (1, 4, 10, 20, 60, 200)
_CERTAIN_IMPACT: Final = (0.25, 0.5, 1, 1.5, 2, 2.5)
_EFFORT_DAYS: Final = (0.5, 1, 2, 5, 10, 20)

LOW_EFFORT_DAYS: Final = 3.0
HIGH_BENEFIT_HOURS: Final = 4.0


class Quadrant(StrEnum):
    """In the order in which to take them."""

    QUICK_WIN = "quick-win"
    MAJOR_PROJECT = "major-project"
    FILL_IN = "fill-in"
    THANKLESS = "thankless"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a score is made of.

    `times_per_month` and `minutes_each` are for one of `people` persons; `impact` is 0.25 (minimal) to
    3 (massive), `confidence` 0 to 1, `effort` the days it takes to automate the task.
    """

    times_per_month: float
    minutes_each: float
    people: int
    impact: float
    confidence: float
    effort: float

    @property
    def hours_per_month(self) -> float:
        """Hours that all the people together spend on the task in a month."""
        return self.times_per_month * self.minutes_each * self.people / 60

    @property
    def benefit(self) -> float:
        """Hours a month, weighted by impact and confidence."""
        return self.hours_per_month * self.impact * self.confidence


def rice(figures: Figures) -> float:
    """Weighted minutes saved a month per day of effort: reach × impact × confidence / effort."""
    return round(figures.benefit * 60 / figures.effort, 2)


def wsjf(figures: Figures) -> float:
    """Cost of delay (user value + time criticality + risk reduction) per job size, steps of 1 to 20."""
    user_value = _step(figures.hours_per_month, _HOURS_A_MONTH)
    time_criticality = _step(figures.times_per_month, _TIMES)
    risk_reduction = _step(figures.impact * figures.confidence, _CERTAIN_IMPACT)
    return round((user_value + time_criticality + risk_reduction) / _step(figures.effort, _EFFORT_DAYS), 2)


def quadrant(figures: Figures) -> Quadrant:
    """Quick wins and major projects bring 4 weighted hours a month or more; up to 3 days is little effort."""
    easy = figures.effort <= LOW_EFFORT_DAYS
    if figures.benefit >= HIGH_BENEFIT_HOURS:
        return Quadrant.QUICK_WIN if easy else Quadrant.MAJOR_PROJECT
    return Quadrant.FILL_IN if easy else Quadrant.THANKLESS


def confidence_after(occurrences: int) -> float:
    """RICE's low, medium and high confidence: seen once, twice, three times or more."""
    return (0.2, 0.2, 0.5, 0.8)[min(occurrences, 3)]


def _step(value: float, thresholds: Sequence[float]) -> int:
    return _SCALE[bisect_right(thresholds, value)]
