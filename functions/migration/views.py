"""Migrations as the API shows them: figures and forms, never what an item says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from functions.migration.facts import look
from functions.migration.plan import action_of
from writ.contracts.action import Verdict
from writ.migration.decide import Move, next_move
from writ.migration.progress import progress
from writ.migration.reversal import reads_old, reversal
from writ.migration.state import Record
from writ.migration.transitions import writes

if TYPE_CHECKING:
    from functions.migration.ports import Ports
    from writ.contracts.action import Action, Decision


def brief(record: Record, now: datetime) -> dict[str, Any]:
    """One line of a list."""
    wrote, read = writes(record)
    return {
        "id": record.id,
        "service": record.document.service,
        "table": record.document.table,
        "state": state_of(record),
        "stage": record.stage.value,
        "dry_run": record.dry_run,
        "writes": wrote,
        "reads": read,
        "started_at": record.started_at.isoformat(),
        "ended_at": record.ended_at and record.ended_at.isoformat(),
        "by": record.by,
        "progress": progress(record, now),
    }


def whole(record: Record, ports: Ports, decide: Callable[[Action], Decision]) -> dict[str, Any]:
    """Everything that is known of one; `decide` says what policy thinks of its next move now."""
    now, plan = ports.clock.now(), reversal(record)
    move = next_move(record, look(record, ports), now)
    sweep = record.sweep
    counts = None if sweep is None else sweep.counts.model_dump()
    return {
        **brief(record, now),
        "document": record.document.model_dump(mode="json", exclude_none=True),
        "next": {**_next(move), "held": None if move.waits else _held(decide(action_of("", record, move)))},
        "pause": None if record.pause is None else record.pause.model_dump(mode="json"),
        "back": record.back,
        "pass": None if sweep is None else sweep.number,
        "batches": None if sweep is None else sweep.batches,
        "counts": counts,
        "unfit": [] if sweep is None else list(sweep.unfit),
        "samples": [] if sweep is None else [sample.model_dump() for sample in sweep.samples],
        "stages": [mark.model_dump(mode="json") for mark in record.marks],
        "old_version_can_read": reads_old(record),
        "way_back": {"stages": [stage.value for stage in plan.stages], "refused": plan.refused},
    }


def state_of(record: Record) -> str:
    """One word for where it stands."""
    if record.final is not None:
        return record.final.value
    if record.pause is not None:
        return "halted" if record.pause.code else "paused"
    return "reversing" if record.back is not None else "running"


def _next(move: Move) -> dict[str, Any]:
    what = move.stage or move.ending or move.halt
    return {
        "what": None if what is None else str(what),
        "reason": move.reason,
        "until": None if move.until is None else move.until.isoformat(timespec="seconds"),
    }


def _held(decision: Decision) -> dict[str, Any] | None:
    """Why policy has a move wait, for a person or for its own rules to allow it; None where it does not."""
    if decision.verdict is Verdict.ALLOW:
        return None
    why = decision.reasons[0] if decision.reasons else None
    return {
        "verdict": decision.verdict.value,
        "code": why.code if why else f"policy.{decision.verdict}",
        "message": why.message if why else f"policy answers {decision.verdict}",
    }
