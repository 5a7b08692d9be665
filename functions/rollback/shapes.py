"""The migrations of a service as a rollback sees them: what they hold, and whether it can be had back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from functions.rollback.migrations import Held
from writ.migration.reversal import reads_old, reversal
from writ.migration.state import Record


class Records(Protocol):
    """Records of migrations. See writ.migration.ports.Migrations."""

    def of(self, service: str) -> Sequence[Record]:
        """Those of a service."""


class Shapes:
    """See ServiceMigrations."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def holding(self, service: str) -> Sequence[Held]:
        return holding(self._records.of(service))


def holding(records: Iterable[Record]) -> tuple[Held, ...]:
    """Of migrations, those that took the old shape away and have not restored it."""
    return tuple(
        Held(
            id=record.id,
            started_at=record.started_at,
            release=record.document.release,
            undoable=reversal(record).refused is None,
        )
        for record in records
        if not record.dry_run and not reads_old(record)
    )
