"""Whether time grows with a text and not faster, told on a machine that does other things meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Final

_LARGER: Final = 10
# Ten times the text costs ten times as much where time is linear, a hundred times where it is quadratic.
_MOST: Final = 40
_ROUNDS: Final = 6
_LEAST: Final = 0.0005


def is_linear(call: Callable[[str], object], unit: str, size: int) -> bool:
    """Whether some round of a few says so, by the processor's time of this process.

    Other processes make a measurement longer and never shorter, so that one of a few is near the truth for
    both sizes; what is quadratic is so in every round.
    """

    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        started = process_time()
        call(text)
        return process_time() - started

    seconds(size)  # loads and compiles what is needed
    small = large = float("inf")
    for _ in range(_ROUNDS):
        small = min(small, seconds(size))
        large = min(large, seconds(size * _LARGER))
        if large < _MOST * max(small, _LEAST):
            return True
    return False
