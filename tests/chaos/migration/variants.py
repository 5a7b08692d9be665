"""Builds with one safeguard taken out. An oracle that passes one of them would be worth nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from unittest.mock import patch

from pydantic import JsonValue
from typing_extensions import override

from tests.chaos.migration.world import Build
from tests.support.migrations import MemoryItems
from writ.migration import runner
from writ.migration.changes import Edit
from writ.migration.decide import Move
from writ.migration.editing import treated
from writ.migration.ports import Fence, Items
from writ.migration.runner import Runner
from writ.migration.state import Counts, Record, Sample, Sweep
from writ.migration.values import Item


class WithoutFence(MemoryItems):
    """Lets whoever hung write an item, whatever the migration has become."""

    @override
    def check(self, fence: Fence) -> None:
        return


class WithoutCondition(MemoryItems):
    """Writes what it made of an item over what the item has become."""

    @override
    def _edited(self, table: str, id: str, edit: Edit) -> bool:
        if id not in self.tables[table]:
            return False
        self.watch(id, edit)
        self.tables[table][id] = edit.applied(self.tables[table][id])
        return True


class CheckpointFirst(Runner):
    """Says that a batch is done, and then does it."""

    @override
    def _batch(self, record: Record, move: Move, action: str) -> Mapping[str, JsonValue]:
        given: list[tuple[Items, Record, Sweep, Sequence[Item]]] = []

        def nothing(
            port: Items, record: Record, sweep: Sweep, items: Sequence[Item]
        ) -> tuple[Counts, tuple[Sample, ...], tuple[str, ...]]:
            given.append((port, record, sweep, items))
            return Counts(scanned=len(items)), sweep.samples, sweep.unfit

        with patch.object(runner, "treated", nothing):
            observed = super()._batch(record, move, action)
        for batch in given:
            treated(*batch)
        return observed


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
