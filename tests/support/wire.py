"""Bots on ports of a test's own."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from writ.runtime.bot import Bot
from writ.runtime.wiring import Wiring


def wire(patch: pytest.MonkeyPatch, bot: Bot[Any, Any], routes: ModuleType, wiring: Wiring[Any]) -> None:
    """Connect a bot, and the module of its routes, to what they would else find deployed."""
    patch.setitem(bot.__dict__, "wiring", wiring)
    patch.setattr(routes, "_ports", lambda: wiring.ports)
