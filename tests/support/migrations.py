"""Migrations on ports in memory: records and items with the conditions of the real ones, and a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.support.memory import START
from tests.support.rollouts import MemoryRollouts
from writ.contracts.errors import ConflictError
from writ.migration.changes import Edit, Mode
from writ.migration.document import Metric, Migration
from writ.migration.ports import Fence, Key, Page
from writ.migration.state import Mark, Record, Stage, Sweep
from writ.migration.transitions import entered
from writ.migration.values import Item, same

TABLE = "service-shop-orders"
DOCUMENT: Mapping[str, Any] = {
    "id": "orders-total",
    "service": "shop",
    "table": TABLE,
    "changes": [
        {"kind": "rename", "source": "total", "target": "amount"},
        {"kind": "derive", "how": "lower", "sources": ["mail"], "target": "mail_key"},
        {"kind": "default", "target": "currency", "value": "EUR"},
    ],
    "reverse": {"contract": "undo"},
    "guards": {
        "expand_age_s": 60,
        "settle_s": 10,
        "quiet_s": 60,
        "old_reads": {"namespace": "Shop", "name": "OldOrderReads"},
    },
    "pace": {"batch": 5, "segments": 2, "items_per_s": 1000},
}


def document(**changes: Any) -> Migration:
    """The migration above, or whatever the changes make of it."""
    return Migration.model_validate({**DOCUMENT, **changes})


@dataclass
class MemoryMigrations:
    """Records by id; the check of `version` is the conditional write."""

    held: dict[str, Record] = field(default_factory=dict)
    locks: dict[str, str] = field(default_factory=dict)

    def read(self, id: str) -> Record | None:
        return self.held.get(id)

    def holder(self, table: str) -> str | None:
        return self.locks.get(table)

    def start(self, record: Record) -> None:
        if record.id in self.held:
            raise ConflictError(f"there is a migration {record.id}", code="conflict.migration")
        self._take(record)
        self.held[record.id] = record

    def write(self, before: Record, after: Record) -> None:
        there = self.held.get(after.id)
        if there is None or there.version != before.version:
            raise ConflictError("the record is not what it was")
        if after.final is None:
            self._take(after)
        elif self.locks.get(after.document.table) == after.id:
            del self.locks[after.document.table]
        self.held[after.id] = after

    def open(self) -> Sequence[Record]:
        return [record for record in self.held.values() if record.final is None]

    def all(self) -> Sequence[Record]:
        return list(self.held.values())

    def of(self, service: str) -> Sequence[Record]:
        return [record for record in self.held.values() if record.document.service == service]

    def _take(self, record: Record) -> None:
        if record.dry_run:
            return
        if self.locks.get(record.document.table, record.id) != record.id:
            raise ConflictError("another one is open for the table", code="conflict.migration")
        self.locks[record.document.table] = record.id


@dataclass
class MemoryItems:
    """A table's items by their id, scanned in the order of their keys; segments by the key's last digit."""

    migrations: MemoryMigrations = field(default_factory=MemoryMigrations)
    rollouts: MemoryRollouts = field(default_factory=MemoryRollouts)
    tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {TABLE: {}})
    writes: int = 0
    watch: Callable[[str, Edit], None] = lambda _id, _edit: None

    def key_of(self, table: str) -> tuple[str, ...] | None:
        return ("id",) if table in self.tables else None

    def scan(self, table: str, segment: int, segments: int, after: Key | None, limit: int) -> Page:
        start = str(after["id"]["S"]) if after else ""
        mine = [id for id in sorted(self.tables[table]) if int(id[-1]) % segments == segment and id > start]
        items = [dict(self.tables[table][id]) for id in mine[:limit]]
        return Page(items, {"id": {"S": mine[limit - 1]}} if len(mine) > limit else None)

    def get(self, table: str, key: Key) -> Item | None:
        found = self.tables[table].get(str(key["id"]["S"]))
        return None if found is None else dict(found)

    def edit(self, table: str, edits: Sequence[tuple[Key, Edit]], fence: Fence) -> Sequence[bool]:
        self.check(fence)
        return [self._edited(table, str(key["id"]["S"]), edit) for key, edit in edits]

    def check(self, fence: Fence) -> None:
        record = self.migrations.read(fence.migration)
        row = None if fence.free is None else self.rollouts.read(fence.free)
        open_one = row is not None and row.rollout is not None
        if record is None or record.epoch != fence.epoch or open_one:
            raise ConflictError("the migration has moved", code="migration.fenced")

    def _edited(self, table: str, id: str, edit: Edit) -> bool:
        item = self.tables[table].get(id)
        if item is None or any(not same(item.get(name), value) for name, value in edit.seen.items()):
            return False
        self.writes += 1
        self.watch(id, edit)
        self.tables[table][id] = edit.applied(item)
        return True


@dataclass
class MemoryReads:
    """Reads of the old shape, as the application counts them."""

    count_is: float | None = 0.0

    def count(self, metric: Metric, since: datetime, until: datetime) -> float | None:
        assert metric.name
        assert since < until
        return self.count_is


def order(number: int, **changes: Any) -> dict[str, Any]:
    """An item of the old shape."""
    return {
        "id": {"S": f"o{number:05d}"},
        "total": {"N": str(number * 10)},
        "mail": {"S": f"Ann{number}@Example.org"},
        "note": {"S": f"note {number}"},
        **changes,
    }


CONTRACTED = (Stage.EXPAND, Stage.BACKFILL, Stage.SWITCH, Stage.LEAVE, Stage.CONTRACT)


def migrated(*stages: Stage, release: str | None = "1.4.0", **changes: Any) -> Record:
    """A migration that went through stages, whose new shape a release reads first."""
    made = Record(
        id="orders-total",
        document=document(release=release, **changes),
        key=("id",),
        started_at=START,
        stage_at=START,
        sweep=Sweep.begin(Mode.SURVEY, 1),
        marks=(Mark(stage=Stage.SURVEY, at=START, action="act-1"),),
    )
    for stage in stages:
        made = entered(made, stage, "act-2", START)
    return made
