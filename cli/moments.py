"""Days and moments as people type them: one form of each, and an error that names the option."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from cli.output import UsageError

EXAMPLE: Final = "2030-01-31T18:00:00Z"


def moment(text: str, option: str) -> datetime:
    """A moment with its offset (RFC 3339), in UTC. Raises UsageError: without one it is nobody knows when."""
    try:
        found = datetime.fromisoformat(text)
        utc = found.astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(f"{text} is no moment with an offset", hint=f"give it as {EXAMPLE}", field=option)
    return utc


def day(text: str | None, option: str) -> date:
    """A day as 2026-11-25, today's in UTC where none is given. Raises UsageError."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text} is no date", hint="give it as 2026-11-25", field=option) from None
