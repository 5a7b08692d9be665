"""The migration bot's effects: every transition is made by the runner, which knows what is safe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from functions.migration.facts import FLOW, look
from functions.migration.plan import NAMES
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, NotFoundError, PermanentError, from_validation
from writ.contracts.event import EventData
from writ.contracts.events.flags import FlagChangeRequested
from writ.contracts.events.migrations import MigrationEnded, MigrationMoved
from writ.contracts.events.rollouts import RollbackRequested
from writ.migration.decide import Move, next_move
from writ.migration.document import Migration
from writ.migration.state import After, Asker, Stage
from writ.ports.flows import RunState
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.migration.ports import Ports


def start_migration(action: Action, ports: Ports) -> Observation:
    """Take the table and start the flow. See Runner.start."""
    given, id = action.parameters, action.target.id
    with _checked("document"):
        document = Migration.model_validate(given["document"])
    who = Asker(str(given.get("by") or ""), str(given.get("by_id") or ""))
    observed = ports.runner.start(document, id, action.id, by=who, dry_run=bool(given.get("dry_run")))
    _drive(id, 1, ports)
    return observed


def observe_start(action: Action, ports: Ports) -> Observation | None:
    """What it began as, once its flow was started."""
    begun = ports.runner.find(action.target.id, action.id)
    return None if ports.flows.find(FLOW, action.target.id) is None else begun


def make_move(action: Action, ports: Ports) -> Observation:
    """See Runner.move. A contract is not begun while a rollout of the service is open.

    A person may have taken days to let the old shape go: whether it is still read is looked at again.
    """
    given, id = action.parameters, str(action.parameters["migration"])
    with _checked("move"):
        move, seq = Move.model_validate(given["move"]), int(str(given["seq"]))
    if move.stage in (Stage.LEAVE, Stage.CONTRACT):
        row = ports.rollouts.read(action.target.id)
        if row is not None and row.rollout is not None:
            raise PermanentError(f"{row.rollout.id} is open", code="migration.moved")
    record = ports.migrations.read(id) if move.stage is Stage.LEAVE else None
    if record is not None and record.said(action.id) is None:
        again = next_move(record, look(record, ports), ports.clock.now())
        if again.stage is not move.stage:
            raise PermanentError(again.reason, code="migration.moved")
    return ports.runner.move(id, seq, move, action.id)


def observe_move(action: Action, ports: Ports) -> Observation | None:
    """What it left behind, if it came so far."""
    return ports.runner.find(str(action.parameters["migration"]), action.id)


def halt_migration(action: Action, ports: Ports) -> Observation:
    """Stop it: by a move that was decided, or for a step that did not come to its end."""
    if "move" in action.parameters:
        return make_move(action, ports)
    code, message = (str(action.parameters[name]) for name in ("code", "message"))
    with _settled():
        return ports.runner.pause(action.target.id, action.id, by="migration", reason=message, code=code)


def observe_halt(action: Action, ports: Ports) -> Observation | None:
    """What it left behind, if it came so far."""
    return observe_move(action, ports) if "move" in action.parameters else observe_told(action, ports)


def pause_migration(action: Action, ports: Ports) -> Observation:
    """See Runner.pause."""
    by = str(action.parameters.get("by") or "somebody")
    with _settled():
        return ports.runner.pause(action.target.id, action.id, by=by, reason=action.reason)


def resume_migration(action: Action, ports: Ports) -> Observation:
    """See Runner.resume; the flow is driven by another attempt from then on."""
    attempt, asks = _attempt(action), action.parameters.get("flag") is not None
    with _settled():
        observed = ports.runner.resume(action.target.id, action.id, attempt, asks=asks)
    _drive(action.target.id, attempt, ports)
    return observed


def abort_migration(action: Action, ports: Ports) -> Observation:
    """See Runner.abort."""
    with _settled():
        return ports.runner.abort(action.target.id, action.id)


def reverse_migration(action: Action, ports: Ports) -> Observation:
    """See Runner.reverse; the flow is driven by another attempt from then on."""
    attempt, then = _attempt(action), action.parameters.get("then")
    with _checked("then"):
        after = None if then is None else After.model_validate(then)
    with _settled():
        observed = ports.runner.reverse(action.target.id, action.id, action.reason, attempt, after)
    _drive(action.target.id, attempt, ports)
    return observed


def observe_told(action: Action, ports: Ports) -> Observation | None:
    """What it left behind, if it came so far."""
    return ports.runner.find(action.target.id, action.id)


def observe_driven(action: Action, ports: Ports) -> Observation | None:
    """What it left behind, once the attempt of the flow is there as well."""
    run = ports.flows.find(FLOW, action.target.id)
    return None if run is None or run.attempt < _attempt(action) else observe_told(action, ports)


def restart_flow(action: Action, ports: Ports) -> Observation:
    """Start another attempt."""
    _drive(action.target.id, _attempt(action), ports)
    return {"flow": FLOW, "attempt": _attempt(action)}


def observe_restart(action: Action, ports: Ports) -> Observation | None:
    """The attempt, if it is there."""
    run = ports.flows.find(FLOW, action.target.id)
    there = run is not None and run.attempt >= _attempt(action)
    return {"flow": FLOW, "attempt": _attempt(action)} if there else None


def _drive(id: str, attempt: int, ports: Ports) -> None:
    run = ports.flows.find(FLOW, id)
    if run is not None and run.attempt == attempt and run.state is RunState.RUNNING:
        return
    ports.flows.start(FLOW, id, {"migration": id, "attempt": attempt}, attempt)


def _attempt(action: Action) -> int:
    return int(str(action.parameters.get("attempt") or 1))


@contextmanager
def _settled() -> Iterator[None]:
    """What is not possible now does not become so by trying again."""
    try:
        yield
    except (ConflictError, NotFoundError) as error:
        raise PermanentError(error.message, code=error.code, field=error.field) from None


@contextmanager
def _checked(name: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        problem = from_validation(error, name)
        raise PermanentError(problem.message, code=problem.code, field=problem.field) from None


def _announce_move(action: Action, observed: Observation) -> Sequence[EventData]:
    """Which shapes are in use, the flag that has to follow, and who waits for the old shape to be back."""
    given, stage = action.parameters, str(observed["stage"])
    about = {"migration": given["migration"], "service": action.target.id, "table": given["table"]}
    said: list[EventData] = _flag_asked_for(given, str(given["migration"]), stage)
    if observed.get("over"):
        said.append(MigrationEnded.model_validate({**about, "final": observed["final"]}))
    elif "writes" in observed:
        shapes = {name: observed[name] for name in ("writes", "reads")}
        said.append(MigrationMoved.model_validate({**about, "stage": stage, **shapes}))
    if observed.get("restored") and isinstance(then := given.get("then"), dict):
        said.append(RollbackRequested.model_validate(then))
    return said


def _announce_note(action: Action, observed: Observation) -> Sequence[EventData]:
    """The flag, where it is asked for again."""
    given = action.parameters
    return _flag_asked_for(given, str(given["migration"]), str(observed["stage"]))


def _announce_resume(action: Action, observed: Observation) -> Sequence[EventData]:
    """The flag that the stage waits for is asked for again."""
    return _flag_asked_for(action.parameters, action.target.id, str(observed["stage"]))


def _flag_asked_for(given: Mapping[str, Any], migration: str, stage: str) -> list[EventData]:
    """The first event of its action: by that the flag's own action is found, see Demands."""
    if given.get("flag") is None:
        return []
    wanted = {"flag": given["flag"], "percent": given["percent"], "on_for": [], "off_for": []}
    who = {"by": "migration", "reason": f"{migration}: {stage}"[:200]}
    return [FlagChangeRequested.model_validate({**wanted, **who})]


def _announce_reverse(action: Action, observed: Observation) -> Sequence[EventData]:
    """Up to the contract the old shape is there: whoever waits for it need not."""
    then = action.parameters.get("then")
    ready = observed.get("readable") and isinstance(then, dict)
    return [RollbackRequested.model_validate(then)] if ready else []


_MOVE: Final[Effect[Any]] = Effect(make_move, observe_move, _announce_move)
ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "start-migration": Effect(start_migration, observe_start),
    **dict.fromkeys(NAMES.values(), _MOVE),
    "note-flag": Effect(make_move, observe_move, _announce_note),
    "finish-migration": _MOVE,
    "halt-migration": Effect(halt_migration, observe_halt),
    "pause-migration": Effect(pause_migration, observe_told),
    "resume-migration": Effect(resume_migration, observe_driven, _announce_resume),
    "abort-migration": Effect(abort_migration, observe_told),
    "reverse-migration": Effect(reverse_migration, observe_driven, _announce_reverse),
    "restart-flow": Effect(restart_flow, observe_restart),
}
