"""A wait for whoever writes the same comment or check run, who is done within a second as a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from writ.contracts.errors import ContendedError

# Three seconds in all: an event that comes again takes as long, and its action waits a minute to be closed.
WAITS_S: Final = (0.1, 0.2, 0.4, 0.8, 1.5)
T = TypeVar("T")


def patiently(take: Callable[[], T], pause: Callable[[float], None]) -> T:
    """What `take` gives, tried again while others are at it. Raises the last ContendedError."""
    for wait in WAITS_S:
        try:
            return take()
        except ContendedError:
            pause(wait)
    return take()
