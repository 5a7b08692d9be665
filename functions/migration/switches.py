"""Flags that a migration turns: whether everybody has what was asked for."""

from __future__ import annotations

from functools import cache

from writ.contracts.flags import bucket
from writ.ports.flags import FlagStates

_HUNDREDTHS = 100


class Switches:
    """Asks for one tenant of every hundredth, so that a share of any size is told from everybody."""

    def __init__(self, flags: FlagStates) -> None:
        self._flags = flags

    def known(self, flag: str) -> bool:
        """Whether there is such a flag; False where that cannot be read."""
        return self._flags.has(flag, one_of_each_hundredth(flag)[0]) is not None

    def turned(self, flag: str, on: bool) -> bool:
        """Whether a flag is so for everybody; False where that cannot be read."""
        return all(self._flags.has(flag, tenant) is on for tenant in one_of_each_hundredth(flag))


@cache
def one_of_each_hundredth(flag: str) -> tuple[str, ...]:
    """A tenant for each hundredth that flags are given by."""
    found: dict[int, str] = {}
    number = 0
    while len(found) < _HUNDREDTHS:
        tenant = f"migration-{number}"
        found.setdefault(bucket(flag, tenant), tenant)
        number += 1
    return tuple(found[place] for place in sorted(found))
