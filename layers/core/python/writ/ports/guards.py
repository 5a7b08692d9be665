"""What policy must know before an action: pauses, counters, freezes, exceptions and error budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class GuardFacts:
    """Facts as read; `None` is a fact that could not be read, and policy answers `unknown` to it."""

    paused: bool | None
    action_paused: bool | None
    usage: dict[str, int] | None
    freezes: Sequence[dict[str, Any]] | None
    exceptions: Sequence[dict[str, Any]] | None
    break_glass: Sequence[dict[str, Any]] | None = field(default_factory=list)
    windows: Sequence[dict[str, Any]] | None = field(default_factory=list)
    budget: dict[str, str] | None = field(default_factory=lambda: {"bot": "normal", "target": "normal"})


class GuardStore(Protocol):
    """Reads the guard facts of one action in one request."""

    def read(self, bot: str, action: str, target_digest: str, now: datetime) -> GuardFacts: ...
