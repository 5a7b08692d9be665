"""The flags bot on ports in memory, over a catalogue of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from functions.flags import api as routes
from functions.flags.catalog import Catalogue
from functions.flags.handler import bot
from functions.flags.perform import ACTIONS
from functions.flags.ports import Ports
from tests.support.controls import ControlledPlane
from tests.support.flags import MemorySettings
from tests.support.wire import wire
from writ.contracts.flags import Flag


def a_flag(name: str, **fields: Any) -> Flag:
    given = {
        "name": name,
        "summary": "What having it means",
        "tenants": "shops, by their number",
        "owner": "platform",
        "kind": "release",
        "default": False,
        "added": date(2026, 1, 1),
        "expires": date(2026, 6, 1),
        **fields,
    }
    return Flag.model_validate_json(json.dumps(given, default=str))


def catalogue(*flags: Flag, uses: dict[str, tuple[str, ...]] | None = None) -> Catalogue:
    used = {flag.name: ("functions/shop/api.py:7",) for flag in flags} if uses is None else uses
    return Catalogue(
        flags={flag.name: flag for flag in flags}, uses=used, teams=frozenset({"platform", "shop"})
    )


CATALOGUE = catalogue(
    a_flag("new-search", rollout={"percent": 10}),
    a_flag("risky-search", risk="high", rollout={"percent": 10}),
    a_flag("search", kind="kill-switch", default=True, expires=None, rollout={"percent": 100}),
)


@dataclass
class FlagsPlane:
    """The plane and what AppConfig holds."""

    plane: ControlledPlane = field(default_factory=ControlledPlane)
    store: MemorySettings = field(default_factory=MemorySettings)
    catalogue: Catalogue = CATALOGUE

    @property
    def ports(self) -> Ports:
        return Ports(lambda: self.catalogue, self.store, self.plane.clock)


@pytest.fixture
def flags(monkeypatch: pytest.MonkeyPatch) -> FlagsPlane:
    made = FlagsPlane()
    wire(monkeypatch, bot, routes, made.plane.wiring("flags", ACTIONS, made.ports))
    return made
