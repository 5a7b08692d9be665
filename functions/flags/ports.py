"""What the flags bot needs from outside: the catalogue, the configuration that people set, and the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from functions.flags import book, catalog
from functions.flags.appconfig import AppConfigSettings
from functions.flags.catalog import Catalogue
from functions.flags.versions import Version
from writ.adapters.system import SystemClock
from writ.contracts.flags import Setting
from writ.ports.clock import Clock
from writ.runtime.environment import Environment


class SettingStore(Protocol):
    """The configuration of what people set, version by version. Every method may raise TransientError."""

    def versions(self) -> list[Version]:
        """All versions, the newest last."""

    def text(self, number: int) -> str:
        """What a version holds."""

    def add(self, text: str, *, after: int, label: str) -> int:
        """Make the next version. Raises ConflictError when `after` is not the newest any more."""

    def deployed(self) -> int:
        """The newest version that is, or is being, deployed; 0 for none."""

    def deploy(self, number: int) -> None:
        """Deploy a version. Raises TransientError while another deployment runs."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The flags bot's own ports."""

    catalogue: Callable[[], Catalogue]
    store: SettingStore
    clock: Clock

    def settings(self) -> dict[str, Setting]:
        """What is set, by the newest version."""
        return book.parse(self.store.text(self.store.versions()[-1].number))


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    return Ports(catalog.deployed, AppConfigSettings(environment.flag_site()), SystemClock())
