"""Rules that the judge is compared with: Kayenta's, and fixed thresholds. Each looks at every look.

Kayenta's default judge, as its documentation tells it (https://spinnaker.io/docs/guides/user/canary/judge):
a point of a time series a minute, NaN removed, a Mann-Whitney test at 98 % confidence whose interval is
compared with a quarter of the estimated shift, metrics classified as Pass, High or Low. Here every metric is
a group of equal weight, so that one High takes the score to 50, below every threshold that is in use.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Final, Protocol

from tests.bench.rollouts import LOOKS, Look, Minute, Weather
from writ.judge.course import State, observe
from writ.judge.criteria import Count, Criteria, Distribution
from writ.judge.ranks import wins
from writ.judge.verdict import judge
from writ.judge.window import Events, Window

CRITERIA: Final = Criteria(
    metrics=(Distribution(name="latency", unit="ms"), Count(name="errors", acceptable=0.01))
)
_CONFIDENCE: Final = 0.98
_TOLERANCE: Final = 0.25
_QUANTILE: Final = NormalDist().inv_cdf(1 - (1 - _CONFIDENCE) / 2)
_HALVINGS: Final = 40
# Alarms as they are commonly set: from the service's objectives, on two periods running.
MOST_ERRORS: Final = 0.01
MOST_P95_MS: Final = 350.0
_RUNNING: Final = 2


class Rule(Protocol):
    """A rule that is shown a rollout look by look."""

    def fails(self, look: Look) -> bool: ...


class Judge:
    """Ours. `verdict` is what it says in the end; `clumps` are told to it of latencies and errors."""

    def __init__(self, clumps: tuple[float, float] = (1, 1)) -> None:
        metrics = tuple(
            metric.model_copy(update={"clump": clump})
            for metric, clump in zip(CRITERIA.metrics, clumps, strict=True)
        )
        self.criteria = CRITERIA.model_copy(update={"metrics": metrics})
        self.state = State.none(self.criteria)

    def fails(self, look: Look) -> bool:
        self.state = observe(self.criteria, self.state, window(look))
        return self.state.failed is not None

    @property
    def verdict(self) -> str:
        return judge(self.criteria, self.state).verdict.value


@dataclass(slots=True)
class Kayenta:
    """Over all points since the start, at every look from `first` on."""

    first: int = 1
    looks: int = 0
    series: dict[str, tuple[list[float], list[float]]] = field(
        default_factory=lambda: {"latency": ([], []), "errors": ([], [])}
    )

    def fails(self, look: Look) -> bool:
        self.looks += 1
        for place, minutes in enumerate((look.canary, look.baseline)):
            self.series["latency"][place].extend(m.mean for m in minutes if m.mean is not None)
            self.series["errors"][place].extend(m.errors / m.requests for m in minutes if m.requests)
        return self.looks >= self.first and any(high(*both) for both in self.series.values())


@dataclass(slots=True)
class Thresholds:
    """The canary's error rate and 95th percentile against fixed limits."""

    running: int = 0

    def fails(self, look: Look) -> bool:
        requests = sum(minute.requests for minute in look.canary)
        errors = sum(minute.errors for minute in look.canary)
        slowest = [minute.p95 for minute in look.canary if minute.p95 is not None]
        over = bool(requests) and errors / requests > MOST_ERRORS
        over = over or (bool(slowest) and sum(slowest) / len(slowest) > MOST_P95_MS)
        self.running = self.running + 1 if over else 0
        return self.running >= _RUNNING


def rules(weather: Weather) -> dict[str, Rule]:
    """The rules, by the names of the tables; in rough weather also the judge that was told of it."""
    told: dict[str, Rule] = {} if weather.told == (1, 1) else {"judge, told": Judge(weather.told)}
    return {
        "judge": Judge(),
        **told,
        "kayenta": Kayenta(),
        "kayenta once": Kayenta(first=LOOKS),
        "thresholds": Thresholds(),
    }


def window(look: Look) -> Window:
    """A look as the judge is shown it."""
    return Window(
        baseline={"latency": _latencies(look.baseline), "errors": _events(look.baseline)},
        canary={"latency": _latencies(look.canary), "errors": _events(look.canary)},
    )


def high(canary: Sequence[float], baseline: Sequence[float]) -> bool:
    """Whether a metric is High: the interval of the shift lies above a quarter of its estimate."""
    if not canary or not baseline or len({*canary, *baseline}) == 1:
        return False
    theirs, others = sorted(canary), sorted(baseline)
    if _deviates(theirs, others, 0.0) <= _QUANTILE:
        return False
    return _deviates(theirs, others, _TOLERANCE * abs(_shift(theirs, others))) > _QUANTILE


def _deviates(canary: list[float], baseline: list[float], shift: float) -> float:
    """z of the rank sum after a shift, corrected for continuity and ties as R's wilcox.test does."""
    moved = [value - shift for value in canary]
    m, n = len(moved), len(baseline)
    off = wins(moved, baseline) - m * n / 2
    ties = sum(count**3 - count for count in Counter([*moved, *baseline]).values())
    variance = m * n / 12 * (m + n + 1 - ties / ((m + n) * (m + n - 1)))
    if variance <= 0:
        return 0.0
    return (off - math.copysign(0.5, off) * (off != 0)) / math.sqrt(variance)


def _shift(canary: list[float], baseline: list[float]) -> float:
    low, high = canary[0] - baseline[-1], canary[-1] - baseline[0]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _deviates(canary, baseline, middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _latencies(minutes: Sequence[Minute]) -> tuple[float, ...]:
    return tuple(value for minute in minutes for value in minute.latencies)


def _events(minutes: Sequence[Minute]) -> Events:
    return Events(
        events=sum(minute.errors for minute in minutes), exposure=sum(minute.requests for minute in minutes)
    )
