"""Results of gates as they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol


class Results(Protocol):
    """Recorded results by repository; none is ever changed."""

    def keep(self, place: tuple[str, str], document: Mapping[str, Any]) -> None:
        """Keep a result for good. Raises ConflictError where one is kept at this place already."""

    def get(self, place: tuple[str, str]) -> Mapping[str, Any] | None:
        """The result at a place; strongly consistent."""

    def newest(
        self, repository: str, limit: int, before: str | None
    ) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        """Results of a repository, the newest first, and where to go on."""


def place(result: Mapping[str, Any]) -> tuple[str, str]:
    """Where a result is kept: under its repository, in the order of time, once for each report."""
    at = datetime.fromisoformat(str(result["at"])).astimezone(UTC)
    return str(result["repository"]), f"{at:%Y-%m-%dT%H:%M:%SZ}#{result['report']}"
