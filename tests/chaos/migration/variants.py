"""Builds with one safeguard taken out. An oracle that passes one of them would be worth nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from tests.chaos.migration.world import Build
from tests.support.migrations import MemoryItems
from writ.migration.changes import Edit
from writ.migration.decide import Move
from writ.migration.ports import Fence
from writ.migration.runner import Runner
from writ.migration.state import Counts, Record, Sample, Sweep
from writ.migration.values import Item


class WithoutFence(MemoryItems):
    """Lets whoever hung write an item, whatever the migration has become."""

    def check(self, fence: Fence) -> None:
        return


class WithoutCondition(MemoryItems):
    """Writes what it made of an item over what the item has become."""

    def _edited(self, table: str, id: str, edit: Edit) -> bool:
        if id not in self.tables[table]:
            return False
        self.watch(id, edit)
        self.tables[table][id] = edit.applied(self.tables[table][id])
        return True


class CheckpointFirst(Runner):
    """Says that a batch is done, and then does it."""

    def _batch(self, record: Record, move: Move, action: str) -> Mapping[str, JsonValue]:
        self._later: tuple[Record, Sweep, Sequence[Item]] | None = None
        observed = super()._batch(record, move, action)
        if self._later is not None:
            super()._treated(*self._later)
        return observed

    def _treated(
        self, record: Record, sweep: Sweep, items: Sequence[Item]
    ) -> tuple[Counts, tuple[Sample, ...], tuple[str, ...]]:
        self._later = (record, sweep, items)
        return Counts(scanned=len(items)), sweep.samples, sweep.unfit


VARIANTS: Final = (
    Build("without the fence", because="is written", items=WithoutFence),
    Build(
        "without the condition on what was seen",
        because="is written|is lost|came back",
        items=WithoutCondition,
    ),
    Build("the checkpoint before the batch", because="is read as|is not of", runner=CheckpointFirst),
    Build("without the time that a flag takes", because="is read as|is not of", settle_s=0),
)
