"""Outcomes by bot and hour, as the loop counts them in table `usage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from functions.registry.performance import Tally
from writ.adapters import dynamo
from writ.adapters.usage_table import UsageItem

# More hours than any window has.
_MOST: Final = 1000


class Statistics(Protocol):
    """What the loop counted."""

    def hours(self, bot: str, first: str, last: str) -> Mapping[str, Tally]:
        """Outcomes of a bot by hour, from the first through the last; an hour without any is left out."""


class StatisticsTable:
    """See Statistics."""

    def __init__(self, usage: str) -> None:
        self._item = dynamo.bind(UsageItem, usage)

    def hours(self, bot: str, first: str, last: str) -> Mapping[str, Tally]:
        found = dynamo.page(self._item, f"stat#{bot}", self._item.sk.between(first, last), limit=_MOST)
        return {item.sk: _tally(item) for item in found}


def _tally(item: UsageItem) -> Tally:
    return Tally(
        succeeded=int(item.succeeded or 0),
        failed=int(item.failed or 0),
        denied=int(item.denied or 0),
        expired=int(item.expired or 0),
        total_ms=int(item.total_ms or 0),
    )
