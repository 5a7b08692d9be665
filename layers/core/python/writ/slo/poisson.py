"""The exact test on counts: how many failures are too many to be chance.

Failures of a service that spends its budget exactly as its objective allows arrive, to a close upper bound,
as a Poisson process: of n independent events that fail with probability b each, k or more fail at most as
often as a Poisson variable of mean b·n says, for every k from b·n + 1 on (Anderson and Samuels, "Some
inequalities among binomial and Poisson probabilities", Proc. Fifth Berkeley Symp., 1967).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

FEWEST: Final = 2  # one failure alone is never evidence of a rate


def tail(mean: float, least: int) -> float:
    """P(X ≥ least) of a Poisson variable X."""
    if least <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if least <= mean:
        return max(0.0, 1.0 - math.fsum(_mass(mean, count) for count in range(least)))
    term, total, count = _mass(mean, least), 0.0, least
    while term > total * 1e-17:
        total += term
        count += 1
        term *= mean / count
    return total


@lru_cache(maxsize=65_536)
def critical(mean: float, windows: float, allowed: float) -> int:
    """The fewest failures in a window that a service at its objective shows at most `allowed` times.

    Parameters
    ----------
    mean
        Failures that the objective allows for the events of the window.
    windows
        How many such windows the period has over which `allowed` is counted.
    allowed
        Expected number of times in the period, with the window sliding.

    By Campbell's formula for a Poisson process (Last and Penrose, "Lectures on the Poisson Process", 2017,
    theorem 4.1) the failures in the period with k − 1 or more others in the window before them number
    `windows · mean · P(X ≥ k − 1)` on average, and only with a failure can the count in the window rise to k.
    So this bounds every look at the sliding window together, however often anybody looks.
    """
    least = max(FEWEST, math.ceil(mean) + 1)
    while windows * mean * tail(mean, least - 1) > allowed:
        least += 1
    return least


def _mass(mean: float, count: int) -> float:
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
