"""Releases and the shape of their data: which can read it, and what is restored before they serve. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

from writ.contracts.action import Action, Target
from writ.contracts.event import EventData
from writ.contracts.events.migrations import MigrationReverseRequested
from writ.migration.reversal import reads_old, reversal
from writ.migration.state import After, Record
from writ.rollout.plan import Release
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.rollback.ports import Ports


class ServiceMigrations(Protocol):
    """Migrations by service."""

    def of(self, service: str) -> Sequence[Record]:
        """Those of a service; one that was begun or ended just now may be missing or too much."""


class NoMigrations:
    """Services whose data keep their shape."""

    def of(self, _service: str) -> Sequence[Record]:
        return ()


def holding(records: Sequence[Record]) -> tuple[Record, ...]:
    """Migrations that took the old shape away and have not restored it."""
    return tuple(record for record in records if not record.dry_run and not reads_old(record))


def readable(good: Sequence[Release], records: Sequence[Record]) -> tuple[Release, ...]:
    """Of releases, the newest first, those that read the new shape of every migration that holds.

    A release reads it that is the migration's own or came after it; where that is not among them none is
    known to.
    """
    known = tuple(good)
    for record in records:
        names = [release.id for release in known]
        own = record.document.release
        known = known[: names.index(own) + 1] if own in names else ()
    return known


def restore(bot: str, once: str, then: After, held: Sequence[Record]) -> Action | None:
    """The action that has the data restored first, and the service taken back after it; None where it cannot.

    It is one for `once`, the demand or the rollout that is left.
    Migrations are restored one after another: the demand that comes back finds the next one.
    """
    undoable = [record for record in held if reversal(record).refused is None]
    if len(undoable) < len(held) or not undoable:
        return None
    record = max(undoable, key=lambda each: each.started_at)
    reason = f"an earlier release of {then.service} cannot read what {record.id} made: {then.reason}"
    return Action.of(
        bot,
        "restore-data",
        Target(kind="migration", id=record.id),
        reason=reason[:1000],
        once_per=(once,),
        parameters={"then": then.model_dump(mode="json", exclude_none=True)},
    )


def _ask(action: Action, _ports: Ports) -> Observation:
    return {"migration": action.target.id}


def _announce(action: Action, _observed: Observation) -> Sequence[EventData]:
    then = action.parameters["then"]
    asked = {"migration": action.target.id, "reason": action.reason[:500], "by": action.bot, "then": then}
    return [MigrationReverseRequested.model_validate(asked)]


# Nothing is changed here: the migration bot is asked.
RESTORE: Final[Effect[Ports]] = Effect(_ask, _ask, _announce)
