"""What a migration needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from writ.migration.changes import Edit
from writ.migration.document import Metric
from writ.migration.state import Record
from writ.migration.values import Item

Key = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a segment, and the key to go on from; None at its end."""

    items: Sequence[Item]
    after: Key | None


@dataclass(frozen=True, slots=True)
class Fence:
    """What must hold at the moment an item is written: the migration is at its epoch.

    `free`: the service has no rollout that is open either.
    """

    migration: str
    epoch: int
    free: str | None = None


class Items(Protocol):
    """Items of tables that the organisation deployed itself."""

    def key_of(self, table: str) -> tuple[str, ...] | None:
        """The attributes of a table's key; None for a table that is not there."""

    def scan(self, table: str, segment: int, segments: int, after: Key | None, limit: int) -> Page:
        """Up to `limit` items of a segment after a key, strongly consistent."""

    def get(self, table: str, key: Key) -> Item | None:
        """One item, strongly consistent."""

    def edit(self, table: str, edits: Sequence[tuple[Key, Edit]], fence: Fence) -> Sequence[bool]:
        """Write edits, each to an item that is there and as it was seen, all behind the fence.

        Returns which were written; the others met an item that has changed. Raises ConflictError
        `migration.fenced` where the fence does not hold, and then nothing more is written.
        """


class Migrations(Protocol):
    """Migrations by id, changed by conditional writes only; of those of a table one is open, and dry runs."""

    def read(self, id: str) -> Record | None:
        """Strongly consistent."""

    def holder(self, table: str) -> str | None:
        """The migration that is open for a table."""

    def start(self, record: Record) -> None:
        """Raises ConflictError when there is one of the id, or another one is open for the table."""

    def write(self, before: Record, after: Record) -> None:
        """Replace a record; one that is over lets go of its table, one that is open again takes it.

        Raises ConflictError when the record is no longer at `before.version`, or its table is another's.
        """

    def open(self) -> Sequence[Record]:
        """Those that are not over; one that was begun or ended just now may be missing or too much."""

    def all(self) -> Sequence[Record]:
        """Every one; as fresh as `open`."""

    def of(self, service: str) -> Sequence[Record]:
        """Those of a service; as fresh as `open`."""


class OldReads(Protocol):
    """Whether anybody still reads the old shape."""

    def count(self, metric: Metric, since: datetime, until: datetime) -> float | None:
        """How often it was read in a time; None where the metric has no point there."""
