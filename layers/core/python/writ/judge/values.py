"""What the values of a distribution have shown so far: by rank, and by whose the worst ones are. Pure.

Values are compared by rank (`writ.judge.ranks`); the worst tenth and hundredth of both versions' values
together by which version they came from (`writ.judge.rates`), for a slow tail moves no median.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from writ.judge.criteria import Distribution, Side
from writ.judge.ranks import EFFECTS, WEIGHTS, log_mean, slope, wins
from writ.judge.rates import log_mean_exp

# Ratios at which values are compared, beside the metric's own: the ends that an interval can have.
RATIOS: Final = (
    0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5, 1.75,
    2.0, 3.0, 5.0, 10.0,
)  # fmt: skip
TAILS: Final = (0.1, 0.01)
# Ratios of the tails' shares: alternatives for more of them, and for no more.
_HEAVIER: Final = (1.5, 2.5, 5.0, 20.0)
_LIGHTER: Final = (1.0, 0.7, 0.4)
# Fewer values have no worst tenth.
_LEAST_FOR_TAILS: Final = 10

Logs = tuple[float, ...]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Tail(Frozen):
    """The worst values of all windows: how many, how many the canary's; and what they show, as ln."""

    all: int = 0
    canary: float = 0.0
    expected: float = 0.0
    heavier: Logs = (0.0,) * len(_HEAVIER)
    lighter: Logs = (0.0,) * len(_LIGHTER)


class Ranks(Frozen):
    """Values compared at each of some ratios: ln of the evidence for more and for less, by effect.

    `drift` is U above its mean, by ratio, summed over windows in proportion to what each can tell: where it
    changes its sign is the ratio of the two versions (Hodges and Lehmann 1963, doi:10.1214/aoms/1177704172).
    """

    ratios: tuple[float, ...]
    more: tuple[Logs, ...]
    less: tuple[Logs, ...]
    drift: Logs
    tails: tuple[Tail, ...]

    @classmethod
    def none(cls, metric: Distribution) -> Self:
        """Before the first window."""
        ratios = tuple(sorted({*RATIOS, metric.allowed, metric.harmful}))
        nothing = ((0.0,) * len(EFFECTS),) * len(ratios)
        tails = (Tail(),) * len(TAILS)
        return cls(ratios=ratios, more=nothing, less=nothing, drift=(0.0,) * len(ratios), tails=tails)

    def seeing(self, metric: Distribution, canary: list[float], baseline: list[float]) -> Self:
        """With one more window; harm is an increase, and both have values."""
        canary, baseline = sorted(canary), sorted(baseline)
        m, n = len(canary), len(baseline)
        slopes = [slope(effect, m, n) for effect in EFFECTS]
        means = [log_mean(each, m, n) for each in slopes]
        more, less, drift = [], [], []
        for place, ratio in enumerate(self.ratios):
            off = wins(canary, baseline, ratio) - m * n / 2
            steps = tuple(zip(slopes, means, strict=True))
            more.append(_plus(self.more[place], [by * off - mean for by, mean in steps]))
            less.append(_plus(self.less[place], [-by * off - mean for by, mean in steps]))
            drift.append(self.drift[place] + off / (m + n + 1))
        tails = tuple(
            _tail(tail, share, metric, canary, baseline)
            for tail, share in zip(self.tails, TAILS, strict=True)
        )
        return type(self)(
            ratios=self.ratios, more=tuple(more), less=tuple(less), drift=tuple(drift), tails=tails
        )

    def above(self, ratio: float, clump: float) -> float:
        """ln of the evidence that the canary's values are more than a compared ratio times the baseline's.

        Values that come together in clumps are worth one each: the evidence of all to the power of 1/clump.
        """
        return log_mean_exp(_each(self.more[self.ratios.index(ratio)], clump), WEIGHTS)

    def below(self, ratio: float, clump: float) -> float:
        """ln of the evidence that they are less."""
        return log_mean_exp(_each(self.less[self.ratios.index(ratio)], clump), WEIGHTS)

    def estimate(self) -> float | None:
        """The ratio by which the versions differ; 0 or infinite beyond the ratios, None before any window."""
        if not any(self.drift):
            return None
        points = list(zip(self.ratios, self.drift, strict=True))
        if points[0][1] < 0:
            return 0.0
        if points[-1][1] > 0:
            return math.inf
        zero = [ratio for ratio, drift in points if drift == 0]
        if zero:
            return math.sqrt(zero[0] * zero[-1])
        left, right = next((one, other) for one, other in pairwise(points) if one[1] > 0 > other[1])
        part = left[1] / (left[1] - right[1])
        return float(left[0] * (right[0] / left[0]) ** part)

    def interval(self, needed: float, clump: float) -> tuple[float, float]:
        """Ratios that the evidence does not speak against, from one of the compared ones to another."""
        low = [ratio for ratio in self.ratios if self.above(ratio, clump) >= needed]
        high = [ratio for ratio in self.ratios if self.below(ratio, clump) >= needed]
        return (max(low) if low else 0.0), (min(high) if high else math.inf)


def heavier(tail: Tail, clump: float) -> float:
    """ln of the evidence that more of the worst values are the canary's than its share."""
    return log_mean_exp(_each(tail.heavier, clump))


def lighter(tail: Tail, metric: Distribution) -> float:
    """ln of the evidence that fewer are than a harmful version's; infinite where no tail is harmful."""
    return math.inf if metric.harmful_tail is None else log_mean_exp(_each(tail.lighter, metric.clump))


def as_increase(values: Sequence[float], metric: Distribution, side: Side) -> list[float]:
    """Values in which harm is an increase and differences below the floor are none.

    Where a decrease is harm they are reciprocals: ratios turn over, and so does the order.
    """
    raised = [max(value, metric.floor) for value in values]
    return raised if side is Side.INCREASE else [1 / value for value in raised]


def _tail(tail: Tail, share: float, metric: Distribution, canary: list[float], baseline: list[float]) -> Tail:
    """With the worst of one window's values; both are sorted.

    Against "no more than allowed" the canary's values are divided by that; against "harmful" they are not.
    """
    m, n = len(canary), len(baseline)
    if m + n < _LEAST_FOR_TAILS:
        return tail
    part = m / (m + n)
    eased = [value / metric.allowed for value in canary]
    worst, theirs = _worst(share, eased, baseline)
    more = [theirs * math.log(rho) - worst * math.log1p(part * (rho - 1)) for rho in _HEAVIER]
    worst, theirs = _worst(share, canary, baseline)
    harmful = metric.harmful_tail or 1.0
    held = theirs * math.log(harmful) - worst * math.log1p(part * (harmful - 1))
    less = [theirs * math.log(rho) - worst * math.log1p(part * (rho - 1)) - held for rho in _LIGHTER]
    return Tail(
        all=tail.all + worst,
        canary=tail.canary + theirs,
        expected=tail.expected + worst * part,
        heavier=_plus(tail.heavier, more),
        lighter=_plus(tail.lighter, less),
    )


def _worst(share: float, canary: list[float], baseline: list[float]) -> tuple[int, float]:
    """How many values are the worst share of all, and how many of them the canary's.

    Where more values tie for the last places than there are, each version has its part of those places: the
    mean over the ways to break the tie, which like U's keeps evidence valid.
    """
    pooled = sorted([*canary, *baseline])
    most = max(1, int(len(pooled) * share))
    limit = pooled[-most]
    theirs, their_ties = _from(limit, canary)
    others, other_ties = _from(limit, baseline)
    places = most - theirs - others
    return most, theirs + places * their_ties / (their_ties + other_ties)


def _from(limit: float, values: list[float]) -> tuple[int, int]:
    """How many sorted values are above a limit, and how many equal it."""
    above = len(values) - bisect_right(values, limit)
    return above, len(values) - above - bisect_left(values, limit)


def _each(logs: Logs, clump: float) -> Logs:
    return logs if clump == 1 else tuple(value / clump for value in logs)


def _plus(logs: Logs, steps: list[float]) -> Logs:
    return tuple(one + step for one, step in zip(logs, steps, strict=True))
