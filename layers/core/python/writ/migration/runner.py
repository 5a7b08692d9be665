"""Carries the moves of migrations out: each is safe to repeat, to duplicate, to lose and to overtake.

A batch reads some items of a segment, writes what its mode makes of them, and then moves the checkpoint, in
this order and no other: one that dies is done again from the same place, and finds its edits done. Every
write of items is behind a fence, in one transaction with the migration's epoch: a worker that hung while a
person paused the migration, or turned it back, writes nothing any more. The record is changed by conditional
writes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from pydantic import JsonValue

from writ.contracts.errors import ConflictError, ContendedError, NotFoundError, PermanentError
from writ.migration import transitions
from writ.migration.changes import Mode
from writ.migration.decide import Move
from writ.migration.document import Migration, no_table
from writ.migration.editing import treated
from writ.migration.places import key_of, place_of
from writ.migration.ports import Items, Migrations
from writ.migration.reversal import reads_old, reversal
from writ.migration.state import (
    SWEEPS,
    After,
    Asked,
    Asker,
    Ending,
    Mark,
    Pause,
    Record,
    Segment,
    Stage,
    Sweep,
)
from writ.ports.clock import Clock

_TRIES: Final = 4

Observed = Mapping[str, JsonValue]


class Runner:
    """Moves migrations."""

    def __init__(self, migrations: Migrations, items: Items, clock: Clock) -> None:
        self._migrations = migrations
        self._items = items
        self._clock = clock

    def start(self, document: Migration, id: str, action: str, *, by: Asker, dry_run: bool) -> Observed:
        """Begin a migration, in its survey; only that where it is a dry run.

        Raises PermanentError: `not_found` for a table that is not there, `contract.invalid` for a change of
        its key, `conflict.migration` where there is one of the id, or one is open for the table.
        """
        found = self._migrations.read(id)
        if found is not None and (said := found.said(action)) is not None:
            return said
        key, now = self._items.key_of(document.table), self._clock.now()
        if key is None:
            raise PermanentError(no_table(document.table), code="not_found", field="table")
        if touched := sorted(document.touches() & set(key)):
            message = f"{touched[0]} is part of the table's key, which cannot be changed"
            raise PermanentError(message, code="contract.invalid", field="changes")
        record = Record(
            id=id,
            document=document,
            key=key,
            by=by.name,
            by_id=by.id,
            dry_run=dry_run,
            started_at=now,
            stage_at=now,
            sweep=Sweep.begin(Mode.SURVEY, document.pace.segments),
            marks=(Mark(stage=Stage.SURVEY, at=now, action=action),),
        )
        observed: dict[str, JsonValue] = {
            "migration": id,
            "seq": 0,
            "stage": record.stage.value,
            "over": False,
        }
        try:
            self._migrations.start(transitions.obeyed(record, action, observed))
        except ConflictError as error:
            raise PermanentError(error.message, code="conflict.migration", field="id") from None
        return observed

    def move(self, id: str, seq: int, move: Move, action: str) -> Observed:
        """Make the move that was decided on transition `seq`.

        Raises PermanentError `migration.moved`: something else was done meanwhile; TransientError: a call
        failed, or the record keeps changing.
        """
        record = self._migrations.read(id)
        if record is None:
            raise PermanentError(f"there is no migration {id}", code="migration.gone")
        if (said := record.said(action)) is not None:
            return said
        if record.seq != seq or record.final is not None:
            raise PermanentError(f"{id} has moved since this was decided", code="migration.moved")
        now = self._clock.now()
        if move.ending is not None:
            return self._keep(record, transitions.ended(record, move.ending, now), move, action)
        if move.halt is not None:
            pause = Pause(by="migration", reason=move.reason[:500], at=now, code=move.halt)
            return self._keep(record, transitions.paused(record, pause), move, action)
        if move.stage is None:
            raise PermanentError("to wait is no move", code="migration.moved")
        if move.stage is record.stage and record.stage in SWEEPS:
            return self._batch(record, move, action)
        if move.stage is record.stage:
            asked = transitions.asked_again(record, action, now) if move.ask else None
            return self._keep(record, asked or transitions.noticed(record, now), move, action)
        return self._keep(record, transitions.entered(record, move.stage, action, now), move, action)

    def find(self, id: str, action: str) -> Observed | None:
        """What an action left behind; None where it made nothing."""
        record = self._migrations.read(id)
        return None if record is None else record.said(action)

    def pause(self, id: str, action: str, *, by: str, reason: str, code: str | None = None) -> Observed:
        """Stop where it is: once this is answered no item is written. Raises NotFoundError, ConflictError."""

        def change(record: Record) -> Record | None:
            if record.pause is not None:
                return None
            at = self._clock.now()
            return transitions.paused(record, Pause(by=by, reason=reason[:500], at=at, code=code))

        return self._change(id, action, change)

    def resume(self, id: str, action: str, run: int, *, asks: bool = False) -> Observed:
        """Go on; `asks`: the action asks for the flag of the stage as well.

        Raises NotFoundError, and ConflictError `conflict.running` where it is not paused.
        """

        def change(record: Record) -> Record | None:
            if record.pause is None:
                raise ConflictError(f"{id} is not paused", code="conflict.running", field="id")
            asked = Asked(action=action, at=self._clock.now()) if asks else None
            return transitions.resumed(record, run, asked)

        return self._change(id, action, change)

    def abort(self, id: str, action: str) -> Observed:
        """End it where it is, and leave what was done. Raises NotFoundError, ConflictError."""

        def change(record: Record) -> Record:
            return transitions.ended(record, Ending.ABORTED, self._clock.now())

        return self._change(id, action, change)

    def reverse(self, id: str, action: str, reason: str, run: int, then: After | None = None) -> Observed:
        """Turn it back, whatever it is at, also after its end.

        Raises NotFoundError; ConflictError `conflict.no_return` past a step that declares no reverse,
        `conflict.reversed` where it has been taken back, `conflict.migration` where another migration of the
        table is open.
        """

        def change(record: Record) -> Record | None:
            if record.final in (Ending.REVERSED, Ending.SURVEYED):
                raise ConflictError(f"{id} is {record.final}", code="conflict.reversed", field="id")
            if record.back is not None and record.final is None:
                going = None if record.pause is None else transitions.resumed(record, run)
                if then is None or then == record.then:
                    return going
                turned = transitions.turned_back(record, reason, then, run, self._clock.now())
                return turned if going is None else going.model_copy(update={"then": then})
            plan = reversal(record)
            if plan.refused is not None:
                raise ConflictError(plan.refused, code="conflict.no_return", field="id")
            return transitions.turned_back(record, reason, then, run, self._clock.now())

        return self._change(id, action, change, open_only=False)

    def _change(
        self,
        id: str,
        action: str,
        change: Callable[[Record], Record | None],
        *,
        open_only: bool = True,
    ) -> Observed:
        for _ in range(_TRIES):
            record = self._migrations.read(id)
            if record is None:
                raise NotFoundError(f"there is no migration {id}", field="id")
            if (said := record.said(action)) is not None:
                return said
            if open_only and record.final is not None:
                raise ConflictError(f"{id} is over: {record.final}", code="conflict.over", field="id")
            after = change(record)
            observed: dict[str, JsonValue] = {"migration": id, "stage": record.stage.value}
            observed["readable"] = reads_old(record)
            if after is None:
                return observed
            observed |= {"seq": after.seq, "over": after.final is not None}
            try:
                self._migrations.write(record, transitions.obeyed(after, action, observed))
            except ConflictError as error:
                if error.code == "conflict.migration":
                    raise
                continue
            return observed
        raise ContendedError("the migration keeps moving", code="migration.contended")

    def _keep(self, record: Record, after: Record, move: Move, action: str) -> Observed:
        """Write a transition; one that lost against another is not tried again: it was decided on less."""
        observed = transitions.said(record, after, move, self._clock.now())
        try:
            self._migrations.write(record, transitions.told(after, action, observed))
        except ConflictError:
            raise ContendedError("the migration was moved meanwhile", code="migration.contended") from None
        return observed

    def _batch(self, record: Record, move: Move, action: str) -> Observed:
        """One batch of the sweep, then its checkpoint."""
        sweep = record.sweep or Sweep.begin(SWEEPS[record.stage], record.document.pace.segments)
        if sweep.through:
            sweep = sweep.again()
        place, pace, began = sweep.following(), record.document.pace, self._clock.now()
        segment = sweep.segments[place]
        page = self._items.scan(
            record.document.table, place, len(sweep.segments), key_of(segment.after), pace.batch
        )
        counts, samples, unfit = treated(self._items, record, sweep, page.items)
        now = self._clock.now()
        segments = list(sweep.segments)
        segments[place] = Segment(after=place_of(page.after), done=page.after is None)
        taken = timedelta(seconds=len(page.items) / pace.items_per_s)
        further = sweep.model_copy(
            update={
                "segments": tuple(segments),
                "counts": sweep.counts.plus(counts),
                "samples": samples,
                "unfit": unfit,
                "batches": sweep.batches + 1,
                "next_at": max(now, began + taken),
            }
        )
        return self._keep(record, transitions.swept(record, further), move, action)
