"""A registry of packages: which releases there are, since when, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Ecosystem(StrEnum):
    """Where a package comes from, by the names of package URLs; `github` is actions of workflows."""

    PYPI = "pypi"
    NPM = "npm"
    ACTIONS = "github"


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A package by its ecosystem and its name in the one spelling that the ecosystem compares by."""

    ecosystem: Ecosystem
    name: str

    @property
    def key(self) -> str:
        return f"{self.ecosystem.value}/{self.name}"


@dataclass(frozen=True, slots=True)
class Release:
    """One version as a registry shows it.

    `published_at` is when the newest of its artifacts came, for a file can be added to an old release; None
    where nobody says, which no cooldown ever passes. `hashes` are those of all artifacts, `sha256:…`, or one
    `sha512-…` of npm. `commit` is what a tag points to. `requires` are its own dependencies, requirement by
    requirement for Python and name to range for npm; None where they are not known.
    """

    version: str
    published_at: datetime | None = None
    yanked: bool = False
    requires_python: str = ""
    hashes: tuple[str, ...] = ()
    commit: str = ""
    tarball: str = ""
    requires: tuple[str, ...] | None = None
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """All releases of a package."""

    package: Package
    releases: tuple[Release, ...]


class Registry(Protocol):
    """The registry of one ecosystem or of several.

    Raises PermanentError with a `registry.` code for what trying again cannot help (`registry.unset` where
    nobody configured its address, `registry.not_found`), and TransientError for what may pass.
    """

    def listing(self, package: Package) -> Listing:
        """Every release of a package."""

    def requires(self, package: Package, version: str) -> tuple[str, ...] | None:
        """What one release depends on; None where the registry does not say."""

    def source(self, package: Package, version: str) -> str | None:
        """The repository on the forge that one release says it comes from, `owner/name`, or None."""
