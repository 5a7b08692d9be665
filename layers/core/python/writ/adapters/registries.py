"""The registries of several ecosystems as one; one that nobody configured says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from writ.contracts.errors import PermanentError
from writ.ports.registry import Ecosystem, Listing, Package, Registry

# The setting that names a registry, and what is said where it is not there.
_SETTINGS: Final = {
    Ecosystem.PYPI: ("pypi", "no index is configured for pypi"),
    Ecosystem.NPM: ("npm", "no index is configured for npm"),
    Ecosystem.ACTIONS: ("forge", "no forge is asked from here, which knows the releases of actions"),
}


@dataclass(frozen=True)
class Registries:
    """See writ.ports.registry.Registry."""

    by_ecosystem: Mapping[Ecosystem, Registry]

    def listing(self, package: Package) -> Listing:
        return self._of(package).listing(package)

    def requires(self, package: Package, version: str) -> tuple[str, ...] | None:
        return self._of(package).requires(package, version)

    def source(self, package: Package, version: str) -> str | None:
        return self._of(package).source(package, version)

    def _of(self, package: Package) -> Registry:
        found = self.by_ecosystem.get(package.ecosystem)
        if found is None:
            name, message = _SETTINGS[package.ecosystem]
            raise PermanentError(message, code="registry.unset", field=name)
        return found
