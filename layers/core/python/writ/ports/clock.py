"""Time, as something that can be handed in."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Now, timezone-aware, in UTC."""

    def now(self) -> datetime: ...
