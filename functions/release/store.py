"""What the release bot keeps: releases, and their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from writ.contracts.events.releases import ReleaseFile
from writ.release.record import Record


class Releases(Protocol):
    """Releases by id; of one package at most one is open. Reads of one are strongly consistent."""

    def read(self, id: str) -> Record | None: ...

    def holder(self, repository: str, package: str | None) -> str | None:
        """The release that is open for a package."""

    def start(self, record: Record) -> None:
        """Raises ConflictError `conflict.release` where there is one of the id, or one is open."""

    def write(self, before: Record, after: Record) -> None:
        """Replace one; the package is let go of with its end, and taken again with its return.

        Raises ConflictError where it is no longer `before`, `conflict.release` where another is open.
        """

    def open(self) -> Sequence[Record]:
        """Those that are not over."""

    def newest(self, limit: int, before: str | None) -> tuple[Sequence[Record], str | None]:
        """All of them, the newest first, and where to go on."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Where the bytes of one file go, once, and the headers without which they are refused."""

    url: str
    headers: Mapping[str, str]


class Vault(Protocol):
    """Files of releases. What is kept under a path is never replaced."""

    def upload(self, path: str, file: ReleaseFile, valid: timedelta) -> Upload:
        """An address that takes exactly this file, from anyone who has it, for a time."""

    def link(self, path: str, name: str, valid: timedelta) -> str:
        """An address that hands a file out, under a name, to anyone who has it, for a time."""

    def has(self, path: str, file: ReleaseFile) -> bool:
        """Whether it is there, with its size."""

    def read(self, path: str) -> bytes | None: ...

    def keep(self, path: str, data: bytes) -> None:
        """Raises ConflictError where other bytes are kept there."""
