"""What the plan must know: services with their good releases, and rollouts that are this bot's to drive."""

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from functions.rollback.guard import failing
from functions.rollback.migrations import Held, readable
from functions.rollback.order import in_order
from writ.contracts.event import AnyEvent
from writ.contracts.events.rollouts import RollbackRequested, RolloutAdvanced, RolloutDue, RolloutEnded
from writ.rollout.decide import Look
from writ.rollout.following import Watched, following
from writ.rollout.plan import Group, Release
from writ.rollout.signals import Watch
from writ.rollout.state import Result, Rollout, Row, service_of

if TYPE_CHECKING:
    from functions.rollback.ports import Ports

BOT: Final = "rollback"
_LOOKED_AT: Final = 20


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Service(_Part):
    """A service, its open rollout, and releases that were promoted, healthy and proven, the newest first.

    `unread` are good releases that cannot read the data as the migrations `held` have left them.
    """

    group: Group
    watch: Watch
    open: Rollout | None = None
    good: tuple[Release, ...] = ()
    unread: tuple[Release, ...] = ()
    held: tuple[Held, ...] = ()


class Failing(_Part):
    """A service whose release was promoted a short time ago, by a rollout, and fails; and why.

    `unread` and `held` are as of Service.
    """

    rollout: Rollout
    reason: str
    good: tuple[Release, ...] = ()
    unread: tuple[Release, ...] = ()
    held: tuple[Held, ...] = ()


class Facts(_Part):
    """What an event is about: services for a demand, rollouts for everything else.

    `ended` is the rollout that is over. `failing` are services whose guarded release has to be taken back.
    `elsewhere` is the rollout that a flow asks about and that is not, or no longer, this bot's to drive.
    """

    services: dict[str, Service] = {}
    depends_on: dict[str, tuple[str, ...]] = {}
    watched: tuple[Watched, ...] = ()
    elsewhere: Rollout | None = None
    ended: Rollout | None = None
    failing: tuple[Failing, ...] = ()


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Read the facts of an event."""
    match event.data:
        case RollbackRequested() as demand:
            return _demanded(demand, ports)
        case RolloutEnded(rollout=id):
            return Facts(ended=ports.rollouts.find(id))
        case RolloutDue(rollout=id):
            mine = [each for each in _read([id], ports) if each.driver == BOT]
            watched = tuple(Watched(rollout=each, look=ports.observer.look(each)) for each in mine)
            return Facts(watched=watched, elsewhere=None if mine else ports.rollouts.find(id))
        case RolloutAdvanced(rollout=id):
            ids = [id]
        case _:
            ids = list(ports.rollouts.open())
    watched = tuple(
        Watched(
            rollout=rollout,
            look=ports.observer.look(rollout),
            following=following(BOT, rollout, ports.flows),
        )
        if rollout.driver == BOT
        else Watched(rollout=rollout, look=Look())
        for rollout in _read(ids, ports)
    )
    ticked = not isinstance(event.data, RolloutAdvanced)
    return Facts(watched=watched, failing=tuple(_failing(event, ports)) if ticked else ())


def _failing(event: AnyEvent, ports: "Ports") -> list[Failing]:
    found = []
    for row, rollout, reason in failing(event, ports, ports.clock.now()):
        good, held = _good(row, ports), tuple(ports.migrations.holding(row.service))
        read = readable(good, held)
        unread = good[len(read) :]
        found.append(Failing(rollout=rollout, reason=reason, good=read, unread=unread, held=held))
    return found


def _read(ids: list[str], ports: "Ports") -> list[Rollout]:
    found = [ports.rollouts.read(service_of(id)) for id in ids]
    return [row.rollout for row in found if row and row.rollout and row.rollout.id in ids]


def _demanded(demand: RollbackRequested, ports: "Ports") -> Facts:
    """The service whose turn it is: the demanded one, or the first of those that depend on it."""
    depends_on: dict[str, tuple[str, ...]] = {}
    if demand.dependants:
        depends_on = {row.service: row.group.depends_on for row in ports.rollouts.rows() if row.group}
    service = in_order(demand.service, depends_on)[0]
    row = ports.rollouts.read(service)
    if row is None or row.group is None or row.watch is None:
        return Facts(depends_on=depends_on)
    good = () if row.rollout is not None else _good(row, ports)
    held = tuple(ports.migrations.holding(service)) if good else ()
    read = readable(good, held)
    known = Service(
        group=row.group, watch=row.watch, open=row.rollout, good=read, unread=good[len(read) :], held=held
    )
    return Facts(depends_on=depends_on, services={service: known})


def _good(row: Row, ports: "Ports") -> tuple[Release, ...]:
    """Each release once, without the one that is served; baselines that were found healthy count as well.

    What was taken back is good no more, unless a later rollout promoted it.
    """
    found: dict[str, Release] = {}
    taken_back: set[str] = set()
    for past in ports.rollouts.past(row.service, _LOOKED_AT):
        promoted = past.final is Result.PROMOTED
        release = past.candidate if promoted else past.baseline
        served = row.release is not None and release.versions == row.release.versions
        left = past.baseline if past.way == "back" else None if promoted else past.candidate
        taken_back |= {left.id} - found.keys() if left is not None else set()
        action = past.settling()
        complete = release.versions.keys() == set(row.group.functions if row.group else ())
        if not past.healthy or served or not complete or action is None:
            continue
        if release.id in found or release.id in taken_back:
            continue
        if ports.proofs.succeeded(action):
            found[release.id] = release
    return tuple(found.values())
