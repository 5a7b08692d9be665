"""The items of one batch, edited behind the fence of their migration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from writ.contracts.errors import ConflictError, PermanentError
from writ.migration import transitions
from writ.migration.changes import Edit, Mode, edit, occupied
from writ.migration.ports import Fence, Items, Key
from writ.migration.samples import sample
from writ.migration.state import Counts, Record, Sample, Stage, Sweep
from writ.migration.values import Item, UnfitError

_LOOKS: Final = 3
_SAMPLES: Final = 5


def treated(
    port: Items, record: Record, sweep: Sweep, items: Sequence[Item]
) -> tuple[Counts, tuple[Sample, ...], tuple[str, ...]]:
    """What a batch of a sweep comes to, its edits written: counts, samples of edits, and what did not fit."""
    changes, samples, unfit = record.document.changes, sweep.samples, sweep.unfit
    edits: list[tuple[Key, Edit]] = []
    tally = dict.fromkeys(("same", "unfit", "occupied"), 0)
    for item in items:
        tally["occupied"] += sweep.mode is Mode.SURVEY and occupied(changes, item)
        try:
            wanted = edit(sweep.mode, changes, item)
        except UnfitError as error:
            tally["unfit"] += 1
            unfit = transitions.noted(unfit, str(error))
            continue
        if wanted.empty:
            tally["same"] += 1
            continue
        edits.append(({name: item[name] for name in record.key}, wanted))
        if len(samples) < _SAMPLES:
            samples = (*samples, sample(item, wanted))
    changed, contended = len(edits), 0
    if sweep.mode is not Mode.SURVEY and edits:
        changed, contended = _written(port, record, sweep.mode, edits)
    counts = Counts(scanned=len(items), changed=changed, contended=contended, **tally)
    return counts, samples, unfit


def _written(port: Items, record: Record, mode: Mode, edits: list[tuple[Key, Edit]]) -> tuple[int, int]:
    """Edits that were written, and items that somebody else kept writing: the next pass has those."""
    table, changed, contended = record.document.table, 0, 0
    free = record.document.service if record.stage is Stage.CONTRACT else None
    fence = Fence(record.id, record.epoch, free)
    for _ in range(_LOOKS):
        try:
            written = port.edit(table, edits, fence)
        except ConflictError as error:
            raise PermanentError(error.message, code="migration.moved") from None
        changed += sum(written)
        rest = [key for (key, _), done in zip(edits, written, strict=True) if not done]
        seen = [_again(port, record, mode, key) for key in rest]
        contended += seen.count(None)
        edits = [again for again in seen if again is not None and not again[1].empty]
        if not edits:
            break
    return changed, contended + len(edits)


def _again(port: Items, record: Record, mode: Mode, key: Key) -> tuple[Key, Edit] | None:
    """An item that was changed meanwhile, looked at anew; None where it has become unreadable."""
    item = port.get(record.document.table, key)
    if item is None:  # somebody deleted it
        return key, Edit({}, (), {})
    try:
        return key, edit(mode, record.document.changes, item)
    except UnfitError:
        return None
