"""What the plan must know: rollouts that the canary drives, and how each of them does."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from writ.contracts.event import AnyEvent
from writ.contracts.events.rollouts import (
    RolloutAbortRequested,
    RolloutAdvanced,
    RolloutDue,
    RolloutRequested,
)
from writ.rollout.following import Watched, following
from writ.rollout.plan import Group
from writ.rollout.state import Rollout, service_of

if TYPE_CHECKING:
    from functions.canary.ports import Ports


class Facts(BaseModel):
    """`open` is the rollout of a command's service; `watched` are those that an event is about.

    `serves`: the version that each function of a group serves that a rollout is asked for; None where it has
    no such alias.

    `elsewhere` is the rollout that a flow asks about and that is not, or no longer, the canary's to drive.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    open: str | None = None
    serves: dict[str, str | None] = {}
    watched: tuple[Watched, ...] = ()
    elsewhere: Rollout | None = None


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Read the facts of an event. A tick, and an alarm, is about every rollout that is open."""
    match event.data:
        case RolloutRequested(group=group):
            return Facts(open=_open(str(group.get("service", "")), ports), serves=_serves(group, ports))
        case RolloutAbortRequested(rollout=id):
            return Facts(open=_open(service_of(id), ports))
        case RolloutDue(rollout=id):
            mine = _mine([id], ports)
            watched = tuple(Watched(rollout=each, look=ports.observer.look(each)) for each in mine)
            return Facts(watched=watched, elsewhere=None if mine else ports.rollouts.find(id))
        case RolloutAdvanced(rollout=id):
            ids = [id]
        case _:
            ids = list(ports.rollouts.open())
    return Facts(
        watched=tuple(
            Watched(
                rollout=rollout,
                look=ports.observer.look(rollout),
                following=following("canary", rollout, ports.flows),
            )
            for rollout in _mine(ids, ports)
        )
    )


def _mine(ids: list[str], ports: "Ports") -> list[Rollout]:
    found = [ports.rollouts.read(service_of(id)) for id in ids]
    rollouts = [row.rollout for row in found if row is not None and row.rollout is not None]
    return [rollout for rollout in rollouts if rollout.driver == "canary" and rollout.id in ids]


def _serves(given: Mapping[str, Any], ports: "Ports") -> dict[str, str | None]:
    try:
        return ports.coordinator.serving(Group.model_validate(dict(given)))
    except ValidationError:  # the plan says what is wrong with it
        return {}


def _open(service: str, ports: "Ports") -> str | None:
    row = ports.rollouts.read(service) if service else None
    return None if row is None or row.rollout is None else row.rollout.id
