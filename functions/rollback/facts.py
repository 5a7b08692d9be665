"""What the plan must know: services with their good releases, and rollouts that are this bot's to drive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from functions.rollback.migrations import holding, readable
from functions.rollback.order import in_order
from writ.contracts.event import AnyEvent
from writ.contracts.events.rollouts import RollbackRequested, RolloutAdvanced, RolloutEnded
from writ.migration.state import Record
from writ.rollout.decide import Look
from writ.rollout.plan import Group, Release
from writ.rollout.signals import Watch
from writ.rollout.state import Result, Rollout, Row, service_of

if TYPE_CHECKING:
    from functions.rollback.ports import Ports

_LOOKED_AT: Final = 20


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Watched(_Part):
    """An open rollout, and what was seen of it."""

    rollout: Rollout
    look: Look


class Service(_Part):
    """A service, its open rollout, and releases that were promoted, healthy and proven, the newest first.

    `unread` are good releases that cannot read the data as the migrations `held` have left them.
    """

    group: Group
    watch: Watch
    open: Rollout | None = None
    good: tuple[Release, ...] = ()
    unread: tuple[Release, ...] = ()
    held: tuple[Record, ...] = ()


class Facts(_Part):
    """What an event is about: services for a demand, rollouts for everything else."""

    services: dict[str, Service] = {}
    depends_on: dict[str, tuple[str, ...]] = {}
    watched: tuple[Watched, ...] = ()


def gather(event: AnyEvent, ports: Ports) -> Facts:
    """Read the facts of an event."""
    match event.data:
        case RollbackRequested() as demand:
            return _demanded(demand, ports)
        case RolloutEnded():
            return Facts()
        case RolloutAdvanced(rollout=id):
            ids = [id]
        case _:
            ids = list(ports.rollouts.open())
    found = [ports.rollouts.read(service_of(id)) for id in ids]
    rollouts = [row.rollout for row in found if row is not None and row.rollout is not None]
    return Facts(
        watched=tuple(
            Watched(rollout=rollout, look=ports.observer.look(rollout))
            if rollout.driver == "rollback"
            else Watched(rollout=rollout, look=Look())
            for rollout in rollouts
            if rollout.id in ids
        )
    )


def _demanded(demand: RollbackRequested, ports: Ports) -> Facts:
    """The service whose turn it is: the demanded one, or the first of those that depend on it."""
    depends_on: dict[str, tuple[str, ...]] = {}
    if demand.dependants:
        depends_on = {row.service: row.group.depends_on for row in ports.rollouts.rows() if row.group}
    service = in_order(demand.service, depends_on)[0]
    row = ports.rollouts.read(service)
    if row is None or row.group is None or row.watch is None:
        return Facts(depends_on=depends_on)
    good = () if row.rollout is not None else _good(row, ports)
    held = holding(ports.migrations.of(service)) if good else ()
    read = readable(good, held)
    known = Service(
        group=row.group, watch=row.watch, open=row.rollout, good=read, unread=good[len(read) :], held=held
    )
    return Facts(depends_on=depends_on, services={service: known})


def _good(row: Row, ports: Ports) -> tuple[Release, ...]:
    """Each release once, without the one that is served; baselines that were found healthy count as well."""
    found: dict[str, Release] = {}
    for past in ports.rollouts.past(row.service, _LOOKED_AT):
        promoted = past.final is Result.PROMOTED
        release = past.candidate if promoted else past.baseline
        served = row.release is not None and release.versions == row.release.versions
        action = past.settling()
        complete = release.versions.keys() == set(row.group.functions if row.group else ())
        if not past.healthy or served or not complete or action is None or release.id in found:
            continue
        if ports.proofs.succeeded(action):
            found[release.id] = release
    return tuple(found.values())
