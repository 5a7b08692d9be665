"""What a picture of a judgement shows, whoever draws it: both versions' values, and their ratio. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from writ.judge.course import State
from writ.judge.criteria import Criteria, Distribution
from writ.judge.verdict import Judgement, MetricVerdict
from writ.judge.window import Readings, Window, values_of

_LEAST_BINS, _MOST_BINS, _VALUES_A_BIN = 12, 48, 6
# Values beyond these parts of all are drawn at the edge.
_CUT: Final = 0.002
# A range of more than this many times its lower end is drawn by its logarithm.
_WIDE: Final = 4


@dataclass(frozen=True, slots=True)
class Bins:
    """Parts of each version's values by bin; `edges` are one more than the bins."""

    edges: tuple[float, ...]
    baseline: tuple[float, ...]
    canary: tuple[float, ...]
    logarithmic: bool


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Median and 95th percentile of a version's values, by the nearest rank."""

    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Rates:
    """Events and exposure of each version."""

    baseline: tuple[int, float]
    canary: tuple[int, float]


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric of a picture. `bins` of a distribution that has values, `rates` of a count."""

    verdict: MetricVerdict
    unit: str
    allowed: float
    harmful: float
    bins: Bins | None = None
    baseline: Quantiles | None = None
    canary: Quantiles | None = None
    rates: Rates | None = None

    @property
    def widest(self) -> float:
        """The end of the scale of ratios: rates differ more than values do."""
        return 25.0 if self.rates is not None else 4.0


def panels(
    criteria: Criteria, state: State, judgement: Judgement, windows: Sequence[Window]
) -> tuple[Panel, ...]:
    """A panel a metric, in their order; the windows are those the state has seen, or the newest of them."""
    made = []
    for metric, course, verdict in zip(criteria.metrics, state.courses, judgement.metrics, strict=True):
        limits = (metric.allowed, metric.harmful)
        if metric.bad == "decrease":
            limits = (1 / metric.allowed, 1 / metric.harmful)
        if not isinstance(metric, Distribution):
            both = course.baseline, course.canary
            rates = Rates(*((version.events, version.amount) for version in both))
            made.append(Panel(verdict, metric.unit, *limits, rates=rates))
            continue
        baseline = _pooled(metric, [window.baseline for window in windows])
        canary = _pooled(metric, [window.canary for window in windows])
        made.append(
            Panel(
                verdict,
                metric.unit,
                *limits,
                bins=in_bins(baseline, canary),
                baseline=quantiles(baseline),
                canary=quantiles(canary),
            )
        )
    return tuple(made)


def in_bins(baseline: Sequence[float], canary: Sequence[float]) -> Bins | None:
    """Values of both versions in bins of equal width; None where there are no values."""
    pooled = sorted([*baseline, *canary])
    if not pooled:
        return None
    count = min(_MOST_BINS, max(_LEAST_BINS, len(pooled) // _VALUES_A_BIN))
    cut = int(len(pooled) * _CUT)
    low, high = pooled[cut], pooled[-cut - 1]
    logarithmic = low > 0 and high / low > _WIDE
    if low == high:
        margin = abs(low) / 10 or 1.0
        low, high = max(0.0, low - margin), high + margin
    edges = edges_of(low, high, count, logarithmic=logarithmic)
    return Bins(edges, _parts(baseline, edges), _parts(canary, edges), logarithmic)


def edges_of(low: float, high: float, count: int, *, logarithmic: bool) -> tuple[float, ...]:
    """The edges of `count` bins of equal width, by their logarithm where `low` is above zero."""
    if logarithmic:
        return tuple(low * (high / low) ** (place / count) for place in range(count + 1))
    return tuple(low + (high - low) * place / count for place in range(count + 1))


def quantiles(values: Sequence[float]) -> Quantiles | None:
    """Of sorted values; None where there are none."""
    if not values:
        return None
    return Quantiles(_ranked(values, 0.5), _ranked(values, 0.95))


def _pooled(metric: Distribution, readings: Sequence[Readings]) -> list[float]:
    return sorted(value for reading in readings for value in values_of(reading, metric)[0])


def _parts(values: Sequence[float], edges: Sequence[float]) -> tuple[float, ...]:
    count = len(edges) - 1
    found = Counter(min(max(bisect_right(edges, value) - 1, 0), count - 1) for value in values)
    return tuple(found[place] / max(1, len(values)) for place in range(count))


def _ranked(values: Sequence[float], part: float) -> float:
    return values[math.ceil(len(values) * part) - 1]
