"""Policy, as those who must ask it see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from writ.contracts.action import Decision


class Policy(Protocol):
    """A pure function of the facts and the time; it never raises, and what it cannot answer is `unknown`."""

    def decide(self, document: Mapping[str, Any], now: datetime) -> Decision: ...


class Authorization(Protocol):
    """Whether a caller may use a route; what it cannot answer is no."""

    def authorize(self, claims: Mapping[str, Any], route: str) -> bool: ...
