"""A registry in memory, and releases that are so many days old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from writ.contracts.errors import PermanentError
from writ.dependencies.versions import package
from writ.ports.registry import Ecosystem, Listing, Package, Release

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PYPI, NPM, ACTIONS = Ecosystem.PYPI, Ecosystem.NPM, Ecosystem.ACTIONS


def release(version: str, days: float | None = 100.0, **given: Any) -> Release:
    """One that was published so many days ago, None for nobody knows when."""
    published = None if days is None else NOW - timedelta(days=days)
    hashes = ("sha256:" + "a1" * 32, "sha256:" + version.encode().hex().ljust(64, "0")[:64])
    made: dict[str, Any] = {"published_at": published, "hashes": hashes, "requires": (), **given}
    return Release(version, **made)


@dataclass
class MemoryRegistry:
    """See writ.ports.registry.Registry. `needs`: what a release depends on, where that is not on it."""

    listings: dict[Package, Listing] = field(default_factory=dict)
    needs: Mapping[tuple[str, str], tuple[str, ...] | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, ecosystem: Ecosystem = PYPI, **packages: list[Release]) -> MemoryRegistry:
        made = cls()
        for name, releases in packages.items():
            made.add(ecosystem, name.replace("_", "-"), *releases)
        return made

    def add(self, ecosystem: Ecosystem, name: str, *releases: Release) -> None:
        key = package(ecosystem, name)
        self.listings[key] = Listing(key, releases)

    def listing(self, package: Package) -> Listing:
        self.asked.append(package.key)
        if package not in self.listings:
            raise PermanentError("there is no such package", code="registry.not_found")
        return self.listings[package]

    def requires(self, package: Package, version: str) -> tuple[str, ...] | None:
        if (package.name, version) in self.needs:
            return self.needs[package.name, version]
        found = self.listings.get(package)
        return (
            next((each.requires for each in found.releases if each.version == version), ()) if found else ()
        )

    def source(self, package: Package, version: str) -> str | None:
        return self.sources.get(package.name)
