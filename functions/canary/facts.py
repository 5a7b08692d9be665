"""What the plan must know: rollouts that the canary drives, and how each of them does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from writ.contracts.event import AnyEvent
from writ.contracts.events.rollouts import RolloutAbortRequested, RolloutAdvanced, RolloutRequested
from writ.rollout.decide import Look
from writ.rollout.state import Rollout, service_of

if TYPE_CHECKING:
    from functions.canary.ports import Ports


class Watched(BaseModel):
    """A rollout, and what was seen of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    rollout: Rollout
    look: Look


class Facts(BaseModel):
    """`open` is the rollout of a command's service; `watched` are those that an event is about."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    open: str | None = None
    watched: tuple[Watched, ...] = ()


def gather(event: AnyEvent, ports: Ports) -> Facts:
    """Read the facts of an event. A tick, and an alarm, is about every rollout that is open."""
    match event.data:
        case RolloutRequested(group=group):
            return Facts(open=_open(str(group.get("service", "")), ports))
        case RolloutAbortRequested(rollout=id):
            return Facts(open=_open(service_of(id), ports))
        case RolloutAdvanced(rollout=id):
            ids = [id]
        case _:
            ids = list(ports.rollouts.open())
    found = [ports.rollouts.read(service_of(id)) for id in ids]
    rollouts = [row.rollout for row in found if row is not None and row.rollout is not None]
    mine = [rollout for rollout in rollouts if rollout.driver == "canary" and rollout.id in ids]
    return Facts(
        watched=tuple(Watched(rollout=rollout, look=ports.observer.look(rollout)) for rollout in mine)
    )


def _open(service: str, ports: Ports) -> str | None:
    row = ports.rollouts.read(service) if service else None
    return None if row is None or row.rollout is None else row.rollout.id
