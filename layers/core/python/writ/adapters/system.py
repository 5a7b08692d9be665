"""The clock of the machine."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """See Clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
