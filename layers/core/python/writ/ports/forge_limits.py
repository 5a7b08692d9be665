"""What is remembered of a forge that wants to be left alone, by all bots and processes together."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class ForgeLimits(Protocol):
    """Until when the forge asked to be left alone. Reads are strongly consistent."""

    def waiting_until(self) -> datetime | None:
        """The latest instant that it named, None where it never did."""

    def wait(self, until: datetime) -> None:
        """Note an instant; an earlier one than is known changes nothing."""
