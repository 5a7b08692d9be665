"""What has to be true of every write, and of whatever is read, at any time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from writ.migration.changes import Edit
from writ.migration.reversal import reads_old
from writ.migration.state import Stage
from writ.migration.transitions import writes

if TYPE_CHECKING:
    from tests.chaos.migration.world import World

# What a stage writes and removes.
_WRITTEN: Final[Mapping[Stage, tuple[str, ...]]] = {
    Stage.BACKFILL: ("amount", "mail_key", "currency"),
    Stage.CONTRACT: ("-total",),
    Stage.RESTORE: ("total",),
    Stage.CLEAN: ("-amount", "-mail_key", "-currency"),
}


def what_readers_find(world: World) -> list[str]:
    """Whoever reads, by the old version or the new one, finds the newest write."""
    found: list[str] = []
    record = world.record
    if record is None:
        return found
    _, reading = writes(record)
    for id, (value, _, _) in world.application.truth.items():
        item = world.application.items[id]
        if (reading == "old" or reads_old(record)) and item.get("total") != {"N": str(value)}:
            found.append(f"{id} is read as {item.get('total')} by the old version, and is {value}")
        if reading == "new" and record.back is None and item.get("amount") != {"N": str(value)}:
            found.append(f"{id} is read as {item.get('amount')} by the new version, and is {value}")
    return found


def what_is_wrong(world: World, id: str, edit: Edit) -> list[str]:
    """An item is written: by nobody whom the migration has left behind, and never with an older value."""
    found: list[str] = []
    record, made = world.record, (*edit.sets, *(f"-{name}" for name in edit.removes))
    if record is None or record.pause is not None or record.final is not None:
        found.append(f"{id} is written though the migration is at rest: {made}")
        return found
    here = {name for name in made if name in _WRITTEN.get(record.stage, ())}
    if set(made) - here:
        found.append(f"{id} is written in {record.stage}: {made}")
    row = world.rollouts.read("shop")
    if record.stage is Stage.CONTRACT and row is not None and row.rollout is not None:
        found.append(f"{id} is contracted while {row.rollout.id} is open")
    newest = {"N": str(world.application.truth[id][0])}
    if any(edit.sets.get(name, newest) != newest for name in ("total", "amount")):
        found.append(f"{id} is written with an older value than {newest}: {edit.sets}")
    return found
