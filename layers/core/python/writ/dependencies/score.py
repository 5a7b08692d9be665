"""How well a step went where it was taken before: counted, with how little that may say."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Fewer than this say next to nothing: 5 of 5 leave 57 % possible.
FEW: Final = 5
_Z: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Earlier:
    """A bump whose checks ended: from which version to which, and whether they passed."""

    package: str
    current: str
    version: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Score:
    """`passed` of `tried`, either of this very step or of any step of the package, with Wilson's interval.

    Source: Wilson (1927), doi:10.1080/01621459.1927.10502953, at 95 %.
    """

    passed: int
    tried: int
    exact: bool

    @property
    def interval(self) -> tuple[float, float]:
        if not self.tried:
            return (0.0, 1.0)
        rate, square = self.passed / self.tried, _Z * _Z / self.tried
        middle = (rate + square / 2) / (1 + square)
        half = math.sqrt(rate * (1 - rate) * square + square * square / 4) / (1 + square)
        return (max(0.0, middle - half), min(1.0, middle + half))

    @property
    def text(self) -> str:
        """`12 of 13 (67 to 99 %)`, and that few say little."""
        if not self.tried:
            return "not tried before"
        low, high = self.interval
        what = "" if self.exact else " of this package's bumps"
        counted = f"{self.passed} of {self.tried}{what}"
        if self.tried < FEW:
            return f"{counted}, too few to tell"
        return f"{counted} ({math.floor(100 * low)} to {math.ceil(100 * high)} %)"


def score(package: str, current: str, version: str, earlier: Iterable[Earlier]) -> Score:
    """Of the same step where it was taken before, else of any step of the package."""
    ours = [each for each in earlier if each.package == package]
    same = [each for each in ours if (each.current, each.version) == (current, version)]
    counted = same or ours
    return Score(sum(each.passed for each in counted), len(counted), bool(same))
