"""The preview bot in memory."""

from __future__ import annotations

import pytest

from functions.preview import api as routes
from tests.support.previews import PreviewWorld
from tests.support.wire import wire


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> PreviewWorld:
    world = PreviewWorld()
    wire(monkeypatch, world.bot, routes, world.wiring())
    return world
