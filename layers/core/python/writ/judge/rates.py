"""Exact evidence from counts: which of two versions an event came from. Pure.

Given k events in a window, the canary's number of them is binomial where both versions produce events at
random: with its share of the exposure where the rates are equal, with the share times ρ for a ratio ρ of the
rates (Przyborowski and Wilenski 1940, doi:10.1093/biomet/31.3-4.313). How many events there were, and so how
the rate went up and down with time, drops out. Likelihood ratios of such windows multiply to a test
martingale, and so does their mean over several ρ (Robbins 1970, doi:10.1214/aoms/1177696786).

Where events are failures of a number of trials, the canary's number of them is hypergeometric. Its mean of
any convex function is at most the binomial one (Hoeffding 1963, theorem 4,
doi:10.1080/01621459.1963.10500830), and ρ^c is convex in c: evidence against equal rates stays valid, and is
a little weaker than it could be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final

# Alternatives that evidence is spread over, and how, as multiples of the ratio that is held against them.
STEPS: Final = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
WEIGHTS: Final = (1, 1, 2, 3, 3, 3, 2, 1)
WIDEST: Final = 1e4
_ACCEPTED: Final = (0.0, 0.1, 0.3, 0.5, 0.8)
_HALVINGS: Final = 40
# What bisection leaves between an end that is open and the widest ratio.
_OPEN: Final = 1.001

# Events of a window by both versions, and the canary's share of the exposure. Events that come in clumps are
# counted by the clump, so that there may be a part of one.
Split = tuple[float, float]


def log_likelihood(ratio: float, canary: float, splits: Iterable[Split]) -> float:
    """ln of the likelihood of a ratio of rates, without the terms that no ratio changes."""
    spread = math.fsum(k * math.log1p(share * (ratio - 1)) for k, share in splits)
    return canary * math.log(ratio) - spread


def above(ratio: float, canary: float, splits: Sequence[Split]) -> float:
    """ln of the evidence that the canary's rate is more than `ratio` times the baseline's."""
    held = log_likelihood(ratio, canary, splits)
    return log_mean_exp([log_likelihood(ratio * step, canary, splits) - held for step in STEPS], WEIGHTS)


def below(ratio: float, canary: float, splits: Sequence[Split]) -> float:
    """ln of the evidence that the canary's rate is less than `ratio` times the baseline's."""
    held = log_likelihood(ratio, canary, splits)
    return log_mean_exp([log_likelihood(ratio / step, canary, splits) - held for step in STEPS], WEIGHTS)


def interval(canary: float, splits: Sequence[Split], needed: float) -> tuple[float, float]:
    """Ratios that the evidence does not speak against: a confidence sequence, valid at every look.

    `needed` is the ln of the evidence that rules one out, such as ln(40) for two sides of 2.5 % each. An
    end beyond 1/10,000 or 10,000 is 0 or infinite.
    """
    low = _crossing(lambda at: above(at, canary, splits) >= needed)
    high = _crossing(lambda at: below(at, canary, splits) < needed)
    return (low if low * WIDEST > _OPEN else 0.0), (high if high * _OPEN < WIDEST else math.inf)


def likeliest(canary: float, splits: Sequence[Split]) -> float | None:
    """The ratio of greatest likelihood; None without events, infinite where the baseline has none."""
    total = sum(k for k, _ in splits)
    if not total:
        return None
    if not canary or canary == total:
        return math.inf if canary else 0.0

    def rises(ratio: float) -> bool:
        expected = math.fsum(k * share * ratio / (1 + share * (ratio - 1)) for k, share in splits)
        return expected < canary

    return _crossing(rises)


def acceptable(rate: float, events: float, exposure: float) -> float:
    """ln of the evidence that a version's own rate is below one.

    Poisson likelihood ratios; for failures of trials they are valid too, for 1 + x is at most exp(x).
    """
    terms = []
    for part in _ACCEPTED:
        gain = rate * (1 - part) * exposure
        if part:
            terms.append(gain + events * math.log(part))
        else:
            terms.append(gain if not events else -math.inf)
    return log_mean_exp(terms)


def log_mean_exp(logs: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """ln of the mean of exp, by weights where there are any, without overflow."""
    parts = [1.0] * len(logs) if weights is None else weights
    most = max(logs)
    if most == -math.inf:
        return most
    total = math.fsum(part * math.exp(value - most) for part, value in zip(parts, logs, strict=True))
    return most + math.log(total / math.fsum(parts))


def _crossing(holds: Callable[[float], bool]) -> float:
    """The largest ratio at which something holds that holds for small ones only."""
    low, high = -math.log(WIDEST), math.log(WIDEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if holds(math.exp(middle)):
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)
