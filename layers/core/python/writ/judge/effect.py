"""How much more or less a canary has of a metric than its baseline, with an interval. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from writ.judge import rates
from writ.judge.course import Course
from writ.judge.criteria import Count, Distribution, Side

# Evidence that rules out one end of the interval: 2.5 % on each side, over all looks.
INTERVAL: Final = math.log(2 / 0.05)


@dataclass(frozen=True, slots=True)
class Effect:
    """The canary's values or rate as a multiple of the baseline's; its 95 % interval holds at every look.

    `ratio` is None where nothing can be said; ends are 0 or infinite where they are open.
    """

    ratio: float | None
    low: float
    high: float


def effect_of(metric: Distribution | Count, course: Course) -> Effect:
    """The ratio of canary to baseline, whichever way is bad."""
    if not course.compared:
        return Effect(None, 0.0, math.inf)
    if isinstance(metric, Count):
        splits = course.splits[0]
        ratio = rates.likeliest(splits.canary, splits.splits)
        low, high = rates.interval(splits.canary, splits.splits, INTERVAL)
    else:
        ratio = course.ranks[0].estimate()
        low, high = course.ranks[0].interval(INTERVAL, metric.clump)
    if metric.sides[0] is Side.INCREASE:
        return Effect(ratio, low, high)
    return Effect(None if ratio is None else _over(ratio), _over(high), _over(low))


def _over(ratio: float) -> float:
    return 1 / ratio if ratio else math.inf
