"""The bus, as its producers see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from writ.contracts.event import AnyEvent


class EventBus(Protocol):
    """Takes typed events. Returning means that the bus has all of them."""

    def publish(self, events: Sequence[AnyEvent]) -> None:
        """Publish events; doing so again is safe, for consumers drop repeats of an event id.

        Raises TransientError when some were not taken (`bus.unavailable`), ContractError for an event
        over the size limit (`event.too_large`), in which case none was sent.
        """
