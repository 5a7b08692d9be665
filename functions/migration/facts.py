"""What the plan must know: the migration, what was seen of its service, and who drives it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from writ.contracts.event import AnyEvent
from writ.contracts.events.migrations import (
    MigrationAdvanced,
    MigrationControl,
    MigrationHalted,
    MigrationRequested,
)
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.events.rollouts import RolloutEnded
from writ.migration.decide import Look
from writ.migration.state import Ending, Record, Stage
from writ.ports.flows import RunState

if TYPE_CHECKING:
    from functions.migration.ports import Ports
    from writ.rollout.state import Rollout

FLOW: Final = "migration"
_LOOKED_AT: Final = 50  # rollouts of a service, the newest first
_GUARDED: Final = (Stage.SWITCH, Stage.LEAVE, Stage.CONTRACT)


class Facts(BaseModel):
    """`record` is what an event is about, `attempt` the next one of its flow.

    `key` of the table that is asked for, empty where there is none, and `holder`, the migration that is open
    for it. `unknown`: flags of the document that are not there, by what they are for. `released` are the
    migrations of a release that its service left. `stale`: attempts of flows that are to drive what nobody
    drives.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    record: Record | None = None
    look: Look = Look()
    attempt: int = 1
    key: tuple[str, ...] = ()
    holder: str | None = None
    unknown: dict[str, str] = {}
    released: tuple[Record, ...] = ()
    attempts: dict[str, int] = {}
    stale: dict[str, int] = {}


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Read the facts of an event."""
    match event.data:
        case MigrationAdvanced(migration=id) | MigrationHalted(migration=id):
            record = ports.migrations.read(id)
            return Facts(record=record, look=Look() if record is None else look(record, ports))
        case MigrationControl(migration=id):
            return Facts(record=ports.migrations.read(id), attempt=_next(id, ports))
        case MigrationRequested() as asked:
            return _asked(asked, ports)
        case RolloutEnded() as end:
            return _released(end, ports)
        case ScheduleTicked():
            return _undriven(ports)
        case _:
            return Facts()


def look(record: Record, ports: "Ports") -> Look:
    """What was seen, as far as the stage asks for it."""
    document, flags, demand = record.document, dict[str, bool](), None
    if record.flag is not None:
        flag, on = record.flag
        turned = ports.switches.turned(flag, on)
        flags[flag] = on if turned else not on
        if not turned and record.asked is not None:
            demand = ports.demands.find(flag, record.asked.action)
    if record.stage not in _GUARDED:
        return Look(flags=flags, demand=demand)
    row = ports.rollouts.read(document.service)
    rollout = None if row is None or row.rollout is None else row.rollout.id
    reads: float | None = None
    if document.guards.old_reads is not None and record.stage is not Stage.CONTRACT:
        until = ports.clock.now()
        since = until - timedelta(seconds=document.guards.quiet_s)
        reads = ports.reads.count(document.guards.old_reads, since, until)
    return Look(rollout=rollout, old_reads=reads, flags=flags, demand=demand)


def _asked(asked: MigrationRequested, ports: "Ports") -> Facts:
    table = str(asked.document.get("table", ""))
    key = ports.items.key_of(table) if table else None
    flags = asked.document.get("flags")
    named = flags.items() if isinstance(flags, dict) else ()
    return Facts(
        record=ports.migrations.read(asked.migration),
        key=key or (),
        holder=ports.migrations.holder(table) if table else None,
        unknown={
            which: flag for which, flag in named if isinstance(flag, str) and not ports.switches.known(flag)
        },
    )


def _released(end: RolloutEnded, ports: "Ports") -> Facts:
    """Migrations of the release that the service left: by a rollout taken back, or by a rollback."""
    rollout = ports.rollouts.find(end.rollout)
    if rollout is None:
        return Facts()
    left = rollout.candidate if end.final == "reverted" else None
    if rollout.way == "back":
        left = rollout.baseline
    if left is None:
        return Facts()
    mine = [
        record
        for record in ports.migrations.of(end.service)
        if record.document.release == left.id and not record.dry_run
    ]
    if rollout.way == "forward" and _was_promoted(left.id, rollout, ports):
        # What came after it stands on what it did: only its own rollback takes that back.
        mine = [record for record in mine if record.final is not Ending.DONE]
    return Facts(released=tuple(mine), attempts={record.id: _next(record.id, ports) for record in mine})


def _was_promoted(release: str, rollout: "Rollout", ports: "Ports") -> bool:
    """Whether an earlier rollout brought a release to everybody."""
    from writ.rollout.state import Result

    past = ports.rollouts.past(rollout.group.service, _LOOKED_AT)
    return any(
        one.id != rollout.id and one.final is Result.PROMOTED and one.candidate.id == release for one in past
    )


def _undriven(ports: "Ports") -> Facts:
    """Migrations that are to go on, and whose flow came to an end."""
    going_on = [record for record in ports.migrations.open() if record.pause is None]
    found = {record.id: ports.flows.find(FLOW, record.id) for record in going_on}
    stale = {id: run for id, run in found.items() if run is None or run.state is not RunState.RUNNING}
    return Facts(stale={id: 1 if run is None else run.attempt + 1 for id, run in stale.items()})


def _next(id: str, ports: "Ports") -> int:
    run = ports.flows.find(FLOW, id)
    return 1 if run is None else run.attempt + 1
