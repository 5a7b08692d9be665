"""Mann-Whitney's U and the exact moments of its permutation distribution. Pure.

Where two sets of m and n values come from one distribution, every arrangement of their labels is as likely as
any other, and exp(λ(U - mn/2)) divided by its mean over all arrangements has the mean 1: an e-value (Vovk and
Wang 2021, doi:10.1214/20-AOS2020). The mean needs no enumeration and no random arrangements: the counts of
arrangements by U are the coefficients of a Gaussian binomial (Mann and Whitney 1947,
doi:10.1214/aoms/1177730491), whose value at exp(λ) is a product of min(m, n) factors.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Final

# Alternatives that evidence is spread over, and how: P(canary > baseline) + P(equal)/2 - 1/2. What is beyond
# 1/2 are slopes for a handful of points, which only differ by being all on one side.
EFFECTS: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 1.0, 4.0)
WEIGHTS: Final = (1, 2, 4, 4, 3, 1, 1)
_EXACT: Final = 512


def wins(canary: Sequence[float], baseline: Sequence[float], ratio: float = 1.0) -> float:
    """U of the canary's values divided by a ratio: pairs in which they exceed the baseline's, ties as halves.

    Both are sorted. Takes time in the size of the smaller set, times the logarithm of the larger one's.
    """
    if len(canary) <= len(baseline):
        scaled = [value / ratio for value in canary] if ratio != 1 else canary
        return (_ranked(bisect_left, baseline, scaled) + _ranked(bisect_right, baseline, scaled)) / 2
    scaled = [value * ratio for value in baseline] if ratio != 1 else baseline
    below = (_ranked(bisect_left, canary, scaled) + _ranked(bisect_right, canary, scaled)) / 2
    return len(canary) * len(baseline) - below


def standardised(canary: Sequence[float], baseline: Sequence[float]) -> float:
    """U less its mean, over its standard deviation for different values; the sets need not be sorted."""
    m, n = len(canary), len(baseline)
    off = wins(sorted(canary), sorted(baseline)) - m * n / 2
    return off / math.sqrt(m * n * (m + n + 1) / 12)


def slope(effect: float, canary: int, baseline: int) -> float:
    """λ that gains most from an effect: the effect's shift of U over U's variance, mn(m+n+1)/12."""
    return 12 * effect / (canary + baseline + 1)


@lru_cache(maxsize=4096)
def log_mean(slope: float, canary: int, baseline: int) -> float:
    """ln of the mean of exp(λ(U - mn/2)) over all arrangements of m and n values; never below the truth.

    Exact for sets of different values. Ties make it smaller: U with halves is a mean over the ways to break
    them, and exp is convex. Where both sets have more than 512 values it is the bound λ²mn(m+n+1)/24: every
    factor is sinh(a)/a over sinh(b)/b with a > b, and ln(sinh(x)/x) - x²/6 falls.
    """
    few, many = sorted((canary, baseline))
    if few > _EXACT:
        return slope * slope * few * many * (few + many + 1) / 24
    half = slope / 2
    return math.fsum(
        _log_sinh(half * (many + i)) - _log_sinh(half * i) - math.log((many + i) / i)
        for i in range(1, few + 1)
    )


def _log_sinh(x: float) -> float:
    return x + math.log(-math.expm1(-2 * x) / 2)


def _ranked(
    place: Callable[[Sequence[float], float], int], among: Sequence[float], values: Sequence[float]
) -> int:
    return sum(map(place, repeat(among), values))
