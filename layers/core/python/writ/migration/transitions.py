"""The transitions of a migration, as values. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import JsonValue

from writ.migration.changes import Mode
from writ.migration.decide import Move
from writ.migration.reversal import reads_old
from writ.migration.state import (
    SWEEPS,
    TURNS,
    After,
    Asked,
    Counts,
    Ending,
    Mark,
    Pause,
    Record,
    Stage,
    Sweep,
    Told,
)

LONGEST_WAIT_S: Final = 60  # a flow is not longer deaf than that
_KEPT: Final = 20  # moves, and commands, whose trace is kept: more than can be at work at once
_UNFIT_SHOWN: Final = 10


def entered(record: Record, stage: Stage, action: str, now: datetime) -> Record:
    """In a stage that is entered, with the first way through the table where it is a sweep."""
    marks = _closed(record, now)
    mode = SWEEPS.get(stage)
    changes: dict[str, Any] = {
        "stage": stage,
        "stage_at": now,
        "turned_at": None,
        "asked": None,
        "epoch": record.epoch + 1,
        "seq": record.seq + 1,
        "sweep": None if mode is None else Sweep.begin(mode, record.document.pace.segments),
        "marks": (*marks, Mark(stage=stage, at=now, action=action)),
    }
    if stage is Stage.EXPAND:
        changes["expanded_at"] = now
    after = record.after(**changes)
    return after if after.flag is None else after.model_copy(update={"asked": Asked(action=action, at=now)})


def asked_again(record: Record, action: str, now: datetime) -> Record:
    """Its flag is asked for once more."""
    return record.after(asked=Asked(action=action, at=now), seq=record.seq + 1)


def noticed(record: Record, now: datetime) -> Record:
    """Its flag was first seen to be so for everybody, from when the waits count; or it is so no more."""
    turned_at = now if record.turned_at is None else None
    changes: dict[str, Any] = {"turned_at": turned_at, "seq": record.seq + 1}
    if record.stage is Stage.EXPAND:
        changes["expanded_at"] = now
    return record.after(**changes)


def swept(record: Record, sweep: Sweep) -> Record:
    """After a batch: its sweep is further, and a survey that is through has counted the items."""
    changes: dict[str, Any] = {"sweep": sweep, "seq": record.seq + 1}
    if sweep.mode is Mode.SURVEY and sweep.through:
        changes["items"] = sweep.counts.scanned
    return record.after(**changes)


def ended(record: Record, ending: Ending, now: datetime) -> Record:
    """Over. What was begun before may write nothing any more."""
    return record.after(
        final=ending,
        by_id="",  # nobody is asked to approve any of it from here on
        ended_at=now,
        epoch=record.epoch + 1,
        seq=record.seq + 1,
        marks=_closed(record, now),
        pause=None,
    )


def paused(record: Record, pause: Pause) -> Record:
    """Paused: nothing that is at work writes an item from here on."""
    return record.after(pause=pause, epoch=record.epoch + 1, seq=record.seq + 1)


def resumed(record: Record, run: int, asked: Asked | None = None) -> Record:
    """Going on; a sweep that was through is begun anew, for what stopped it may be mended.

    `asked`: with the flag of the stage asked for once more.
    """
    sweep = record.sweep
    if sweep is not None and sweep.through:
        sweep = Sweep.begin(sweep.mode, len(sweep.segments))
    return record.after(
        pause=None,
        turned_at=None,  # what became of the flag meanwhile is not known
        asked=asked or record.asked,
        sweep=sweep,
        run=max(run, record.run),
        epoch=record.epoch + 1,
        seq=record.seq + 1,
    )


def turned_back(record: Record, reason: str, then: After | None, run: int, now: datetime) -> Record:
    """On its way back, from wherever it was; one that was over is open again."""
    reopened = record.final is not None
    return record.after(
        back=record.back or reason[:500],
        then=then or record.then,
        run=max(run, record.run),
        pause=None,
        final=None,
        ended_at=None,
        stage_at=now if reopened else record.stage_at,
        turned_at=None if reopened else record.turned_at,
        epoch=record.epoch + 1,
        seq=record.seq + 1,
    )


def told(record: Record, action: str, observed: Mapping[str, JsonValue]) -> Record:
    """With what a move left behind."""
    trace = Told(action=action, observed=dict(observed))
    return record.model_copy(update={"told": (*record.told[1 - _KEPT :], trace)})


def obeyed(record: Record, action: str, observed: Mapping[str, JsonValue]) -> Record:
    """With what a command left behind: batches, of which there are many, do not push it out."""
    trace = Told(action=action, observed=dict(observed))
    return record.model_copy(update={"obeyed": (*record.obeyed[1 - _KEPT :], trace)})


def said(before: Record, after: Record, move: Move, now: datetime) -> dict[str, JsonValue]:
    """What a transition looks like from outside: figures, never an attribute's value."""
    shown: dict[str, JsonValue] = {
        "migration": after.id,
        "seq": after.seq,
        "stage": after.stage.value,
        "over": after.final is not None,
        "final": None if after.final is None else after.final.value,
        "halted": move.halt,
        "wait_s": _wait(after, now),
        "restored": _is_restored(before, after),
    }
    if after.stage in TURNS:
        shown["writes"], shown["reads"] = writes(after)
    if after.sweep is not None:
        counts = after.sweep.counts.plus(_negative(before.sweep, after.sweep))
        shown |= {"pass": after.sweep.number, **counts.model_dump()}
    return shown


def writes(record: Record) -> tuple[str, str]:
    """What the application is to write, old, both or new, and to read."""
    begun = [mark.stage for mark in record.marks]
    state = {"both": False, "reads": False, "only": False}
    for stage in begun:
        if stage in TURNS:
            which, on = TURNS[stage]
            state[which] = on
    wrote = "new" if state["only"] else "both" if state["both"] else "old"
    return wrote, "new" if state["reads"] else "old"


def noted(unfit: tuple[str, ...], reason: str) -> tuple[str, ...]:
    """The reasons why items were not read, each once, the first few."""
    return unfit if reason in unfit or len(unfit) >= _UNFIT_SHOWN else (*unfit, reason)


def _wait(record: Record, now: datetime) -> int:
    """For how many seconds at least there is nothing to do, as far as that is known."""
    due = now
    if record.final is None and record.stage in TURNS:
        due = record.since + timedelta(seconds=record.document.guards.settle_s)
    elif record.final is None and record.sweep is not None and record.sweep.next_at is not None:
        due = record.sweep.next_at
    return min(math.ceil(max((due - now).total_seconds(), 0)), LONGEST_WAIT_S)


def _is_restored(before: Record, after: Record) -> bool:
    """Whether this transition is the one after which the old shape can be read again."""
    return before.back is not None and reads_old(after) and not reads_old(before)


def _negative(before: Sweep | None, after: Sweep) -> Counts:
    if before is None or (before.mode, before.number) != (after.mode, after.number):
        return Counts()
    return Counts(**{name: -value for name, value in before.counts.model_dump().items()})


def _closed(record: Record, now: datetime) -> tuple[Mark, ...]:
    marks = record.marks
    last = marks[-1]
    if last.ended_at is not None:
        return marks
    counts = None if record.sweep is None else record.sweep.before.plus(record.sweep.counts)
    return (*marks[:-1], last.model_copy(update={"ended_at": now, "counts": counts}))
