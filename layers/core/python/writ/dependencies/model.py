"""What is used where, what it may become, and why it does not: the values of dependency bumps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

from writ.ports.registry import Package, Release


class Form(StrEnum):
    """How a file writes a version, and so how it is changed."""

    REQUIREMENT = "requirement"
    PYPROJECT = "pyproject"
    PACKAGE_JSON = "package.json"
    PACKAGE_LOCK = "package-lock"
    ACTION = "action"
    # Locks that only their own tool writes.
    OPAQUE = "opaque"


LOCKS: Final = frozenset({Form.PACKAGE_LOCK, Form.OPAQUE})


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a file names a package.

    `version` is what is used there now, None for a range alone; `written` is the text that says it, from
    `start` to `end` of the file's characters. `hashed` is whether hashes of artifacts stand beside it.
    `direct` is False for what only came with something else. `hashes` is where they are, in characters.
    `extras` are those that it asks for, by the names that Python compares by.
    """

    package: Package
    path: str
    line: int
    form: Form
    written: str
    start: int
    end: int
    version: str | None = None
    hashed: bool = False
    direct: bool = True
    via: tuple[str, ...] = ()
    hashes: tuple[int, int] = (0, 0)
    extras: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)


class Change(IntEnum):
    """How far a version moves; the greater one prevails."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Advisory:
    """A vulnerability of what is used; `patched` is the first version without it, where one is known."""

    id: str
    package: Package
    patched: str | None = None
    severity: str = "unknown"


@dataclass(frozen=True, slots=True)
class Update:
    """A package from the version that is used to a release. `early` is one whose cooldown is not over."""

    package: Package
    current: str
    release: Release
    change: Change
    uses: tuple[Use, ...]
    advisories: tuple[Advisory, ...] = ()
    early: bool = False

    @property
    def id(self) -> str:
        """Names the step, in keys and results: `pypi/idna 3.6>3.7`."""
        return f"{self.package.key} {self.current}>{self.release.version}"

    @property
    def held_key(self) -> str:
        """Names what is held back when it is found bad: the package at this version."""
        return f"{self.package.key} {self.release.version}"

    def age_hours(self, now: datetime) -> int | None:
        """Whole hours since it was published; None where nobody knows."""
        published = self.release.published_at
        return None if published is None else int((now - published).total_seconds() // 3600)


@dataclass(frozen=True, slots=True)
class Held:
    """A newer version that is not proposed, by a stable code, and when that ends by itself."""

    package: Package
    current: str
    version: str
    code: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Updates that are proposed together, on one branch whose name only depends on the group's."""

    name: str
    updates: tuple[Update, ...]
    security: bool = False

    @property
    def branch(self) -> str:
        return f"{BRANCHES}{self.name}"

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(update.id for update in self.updates)

    @property
    def early(self) -> bool:
        return any(update.early for update in self.updates)


BRANCHES: Final = "writ/dependencies/"
