"""Releases and the shape of their data: which can read it, and what is restored before they serve. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import AwareDatetime

from writ.contracts.action import Action, Target
from writ.contracts.event import EventData
from writ.contracts.events.migrations import MigrationReverseRequested, Returning
from writ.rollout.plan import Release, Value
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.rollback.ports import Ports


class Held(Value):
    """A migration that took the old shape away and has not restored it.

    `release` is the first that reads the new shape, where one is known. `undoable`: every step that was begun
    declares its reverse.
    """

    id: str
    started_at: AwareDatetime
    release: str | None = None
    undoable: bool


class ServiceMigrations(Protocol):
    """Migrations by service."""

    def holding(self, service: str) -> Sequence[Held]:
        """Those that hold its data; one that was begun or ended just now may be missing or too much."""


class NoMigrations:
    """Services whose data keep their shape."""

    def holding(self, _service: str) -> Sequence[Held]:
        return ()


def readable(good: Sequence[Release], migrations: Sequence[Held]) -> tuple[Release, ...]:
    """Of releases, the newest first, those that read the new shape of every migration that holds.

    A release reads it that is the migration's own or came after it; where that is not among them none is
    known to.
    """
    known = tuple(good)
    for migration in migrations:
        names = [release.id for release in known]
        own = migration.release
        known = known[: names.index(own) + 1] if own in names else ()
    return known


def restore(bot: str, once: str, then: Returning, held: Sequence[Held]) -> Action | None:
    """The action that has the data restored first, and the service taken back after it; None where it cannot.

    It is one for `once`, the demand or the rollout that is left.
    Migrations are restored one after another: the demand that comes back finds the next one.
    """
    if not held or not all(migration.undoable for migration in held):
        return None
    last = max(held, key=lambda each: each.started_at)
    reason = f"an earlier release of {then.service} cannot read what {last.id} made: {then.reason}"
    return Action.of(
        bot,
        "restore-data",
        Target(kind="migration", id=last.id),
        reason=reason[:1000],
        once_per=(once,),
        parameters={"then": then.model_dump(mode="json", exclude_none=True)},
    )


def _ask(action: Action, _ports: "Ports") -> Observation:
    return {"migration": action.target.id}


def _announce(action: Action, _observed: Observation) -> Sequence[EventData]:
    then = action.parameters["then"]
    asked = {"migration": action.target.id, "reason": action.reason[:500], "by": action.bot, "then": then}
    return [MigrationReverseRequested.model_validate(asked)]


# Nothing is changed here: the migration bot is asked.
RESTORE: "Final[Effect[Ports]]" = Effect(_ask, _ask, _announce)
