"""What the migration bot does about a command, a turn of its flow, a release taken back, or a tick. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from functions.migration.facts import Facts
from writ.contracts.action import ASKED_BY, Action, Target
from writ.contracts.errors import ConflictError, ContractError, NotFoundError, from_validation
from writ.contracts.event import AnyEvent
from writ.contracts.events.migrations import (
    MigrationAbortRequested,
    MigrationAdvanced,
    MigrationControl,
    MigrationHalted,
    MigrationPauseRequested,
    MigrationRequested,
    MigrationResumeRequested,
    MigrationReverseRequested,
)
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.events.rollouts import RolloutEnded
from writ.migration.decide import Move, next_move
from writ.migration.document import Migration, no_table
from writ.migration.reversal import reversal
from writ.migration.state import TURNS, Ending, Record, Stage

BOT: Final = "migration"
NAMES: Final = {
    Stage.SURVEY: "survey-batch",
    Stage.EXPAND: "expand",
    Stage.BACKFILL: "fill-batch",
    Stage.SWITCH: "switch-readers",
    Stage.LEAVE: "leave-old",
    Stage.CONTRACT: "drop-batch",
    Stage.REJOIN: "rejoin-old",
    Stage.RESTORE: "restore-batch",
    Stage.RETURN: "return-readers",
    Stage.RETRACT: "retract",
    Stage.CLEAN: "clean-batch",
}


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The action a command calls for, or the next move of a migration; none while it waits.

    Raises ContractError for a document that makes no sense, NotFoundError for what is not there,
    ConflictError for what cannot be now; each names the field. A flow is told by `migration.paused`,
    `migration.over` and `migration.replaced` to end, and by the code of a halt to fail with it.
    """
    match event.data:
        case MigrationRequested() as asked:
            return [_start(event, asked, facts)]
        case MigrationAdvanced() as turn:
            return _advance(event, turn, facts, now)
        case MigrationHalted() as halted:
            return _halt(event, halted, facts)
        case MigrationControl() as command:
            return [_control(event, command, facts)]
        case RolloutEnded() as end:
            return [action for record in facts.released for action in _released(event, end, record, facts)]
        case _:
            return _restarts(event, facts) if isinstance(event.data, ScheduleTicked) else []


def _restarts(event: AnyEvent, facts: Facts) -> list[Action]:
    reason = "It is not over, and nobody drives it"
    return [
        _about(event, "restart-flow", id, reason, attempt=attempt)
        for id, attempt in sorted(facts.stale.items())
    ]


def document_of(given: dict[str, Any]) -> Migration:
    """A document, checked. Raises ContractError that names the field."""
    try:
        return Migration.model_validate(given)
    except ValidationError as error:
        problem = from_validation(error, "document")
        field = f"document.{problem.field}" if problem.field else "document"
        raise ContractError(problem.message, code=problem.code, field=field) from None


def _start(event: AnyEvent, asked: MigrationRequested, facts: Facts) -> Action:
    document = document_of(dict(asked.document))
    if facts.record is not None:
        message = f"there is or was a migration {asked.migration}"
        raise ConflictError(message, code="conflict.migration", field="document.id")
    if not facts.key:
        raise NotFoundError(no_table(document.table), field="document.table")
    if touched := sorted(document.touches() & set(facts.key)):
        message = f"{touched[0]} is part of the table's key, which cannot be changed"
        raise ContractError(message, field="document.changes")
    for which, flag in sorted(facts.unknown.items()):
        message = f"there is no flag {flag}, or it cannot be read"
        raise NotFoundError(message, field=f"document.flags.{which}")
    if facts.holder and not asked.dry_run:
        message = f"{facts.holder} is open for {document.table}"
        raise ConflictError(message, code="conflict.migration", field="document.table")
    parameters = {
        "document": document.model_dump(mode="json", exclude_none=True),
        "dry_run": asked.dry_run,
        "by": asked.by,
        **({"by_id": asked.by_id} if asked.by_id else {}),
    }
    what = "what it would do is looked at" if asked.dry_run else "it is begun"
    reason = f"{asked.by or 'somebody'} asked for {document.id} on {document.table}; {what}"
    return _about(event, "start-migration", asked.migration, reason, **parameters)


def _advance(event: AnyEvent, turn: MigrationAdvanced, facts: Facts, now: datetime) -> list[Action]:
    record = _found(facts)
    if turn.attempt < record.run:
        raise ConflictError("another attempt of the flow drives it", code="migration.replaced")
    if record.final is not None:
        raise ConflictError(f"it is {record.final}", code="migration.over")
    if record.pause is not None:
        raise ConflictError(record.pause.reason, code=record.pause.code or "migration.paused")
    move = next_move(record, facts.look, now)
    return [] if move.waits else [action_of(event.id, record, move)]


def action_of(event_id: str, record: Record, move: Move) -> Action:
    """The action that makes a move, one for an event. It is taken on the service, whose budget holds it."""
    parameters: dict[str, Any] = {
        "migration": record.id,
        "seq": record.seq,
        "move": move.model_dump(mode="json", exclude_none=True),
        "table": record.document.table,
    }
    name = "finish-migration" if move.ending is not None else "halt-migration"
    if move.stage is not None:
        stays = move.stage in TURNS and move.stage is record.stage
        name = "note-flag" if stays else NAMES[move.stage]
    if move.stage is not None and (move.ask or move.stage is not record.stage):
        parameters |= _turn(record, move.stage)
    if move.stage is Stage.LEAVE and (who := record.by_id or record.by):
        parameters[ASKED_BY] = who  # a flow comes to it, and its person does not approve it
    if record.then is not None:
        parameters["then"] = record.then.model_dump(mode="json", exclude_none=True)
    return Action.of(
        BOT,
        name,
        Target(kind="service", id=record.document.service),
        reason=f"{record.id}: {move.reason}"[:1000],
        once_per=(record.id, str(record.seq), event_id),
        parameters=parameters,
    )


def _turn(record: Record, stage: Stage) -> dict[str, Any]:
    """The flag that turns with a stage, and the share that is asked for."""
    if (turn := record.flag_of(stage)) is None:
        return {}
    flag, on = turn
    return {"flag": flag, "percent": 100 if on else 0}


def _halt(event: AnyEvent, halted: MigrationHalted, facts: Facts) -> list[Action]:
    record = _found(facts)
    if record.final is not None or record.pause is not None:
        return []
    reason = f"A step ended as {halted.code}: {halted.message}"
    return [_about(event, "halt-migration", record.id, reason, code=halted.code, message=halted.message)]


def _control(event: AnyEvent, command: MigrationControl, facts: Facts) -> Action:
    record = _found(facts)
    more: dict[str, Any] = {}
    match command:
        case MigrationPauseRequested():
            name = "pause-migration"
        case MigrationResumeRequested():
            name, more = "resume-migration", {"attempt": facts.attempt}
            if record.final is None and record.pause is None:
                raise ConflictError(f"{record.id} is not paused", code="conflict.running", field="id")
            if record.turned_at is None:  # it may have been denied: a freeze, a person, a full limit
                more |= _turn(record, record.stage)
        case MigrationAbortRequested():
            name = "abort-migration"
        case MigrationReverseRequested():
            name, more = "reverse-migration", {"attempt": facts.attempt}
            then = command.then
            more |= {} if then is None else {"then": then.model_dump(mode="json", exclude_none=True)}
            _check_way_back(record)
        case _:
            raise ContractError("there is no such command", field="type")
    if record.final is not None and name != "reverse-migration":
        raise ConflictError(f"{record.id} is over: {record.final}", code="conflict.over", field="id")
    return _about(event, name, record.id, command.reason, by=command.by, **more)


def _check_way_back(record: Record) -> None:
    if record.final in (Ending.REVERSED, Ending.SURVEYED):
        raise ConflictError(f"{record.id} is {record.final}", code="conflict.reversed", field="id")
    refused = reversal(record).refused
    if refused is not None:
        raise ConflictError(refused, code="conflict.no_return", field="id")


def _released(event: AnyEvent, end: RolloutEnded, record: Record, facts: Facts) -> list[Action]:
    """Its release was taken back: what it did for that release goes back as well, or stops where it is."""
    if record.final in (Ending.REVERSED, Ending.SURVEYED) or record.back is not None:
        return []
    reason = f"{record.document.release} was taken back from {end.service}: {end.reason}"[:500]
    plan = reversal(record)
    if plan.refused is None:
        attempt = facts.attempts.get(record.id, 1)
        return [_about(event, "reverse-migration", record.id, reason, attempt=attempt)]
    if record.final is not None or record.pause is not None:
        return []
    return [
        _about(event, "halt-migration", record.id, reason, code="migration.no_return", message=plan.refused)
    ]


def _found(facts: Facts) -> Record:
    if facts.record is None:
        raise NotFoundError("there is no such migration", field="id")
    return facts.record


def _about(event: AnyEvent, name: str, id: str, reason: str, **parameters: Any) -> Action:
    target = Target(kind="migration", id=id)
    return Action.of(
        BOT, name, target, reason=reason[:1000], once_per=(event.id, id), parameters=dict(parameters)
    )
