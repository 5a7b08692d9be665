"""The canary bot's effects: every transition is made by the coordinator, which knows what is safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, NotFoundError, PermanentError
from writ.contracts.event import EventData
from writ.contracts.events.rollouts import RolloutAdvanced
from writ.rollout import acting, following
from writ.rollout.notes import noted
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.canary.ports import Ports


def start_rollout(action: Action, ports: Ports) -> Observation:
    """See writ.rollout.acting.start."""
    return acting.begun(acting.start(action, ports.coordinator))


def observe_start(action: Action, ports: Ports) -> Observation | None:
    """See writ.rollout.acting.started."""
    rollout = acting.started(action, ports.rollouts)
    return None if rollout is None else acting.begun(rollout)


def stop_rollout(action: Action, ports: Ports) -> Observation:
    """Have it reverted. Fails as `not_found` when it is over, `conflict.rollback` where it is one."""
    reason = f"{action.parameters.get('by') or 'somebody'}: {action.reason}"
    try:
        rollout = ports.coordinator.stop(action.target.id, reason, "canary")
    except (ConflictError, NotFoundError) as error:
        raise PermanentError(error.message, code=error.code, field=error.field) from None
    return {"rollout": rollout.id, "seq": rollout.seq, "driver": rollout.driver}


def observe_nothing(_action: Action, _ports: Ports) -> Observation | None:
    """It is safe to repeat."""
    return None


def make_move(action: Action, ports: Ports) -> Observation:
    """See writ.rollout.acting.make."""
    return acting.make(action, ports.coordinator)


def observe_move(action: Action, ports: Ports) -> Observation | None:
    """See writ.rollout.acting.seen."""
    return acting.seen(action, ports.coordinator)


def follow_rollout(action: Action, ports: Ports) -> Observation:
    """See writ.rollout.following.follow."""
    return following.follow(action, ports.flows)


def observe_following(action: Action, ports: Ports) -> Observation | None:
    """See writ.rollout.following.followed."""
    return following.followed(action, ports.flows)


def _announce(_action: Action, observed: Observation) -> Sequence[EventData]:
    names = ("rollout", "seq", "driver")
    return [RolloutAdvanced.model_validate({name: observed[name] for name in names}), *noted(observed)]


_MOVE: Final = Effect(make_move, observe_move, acting.advanced)
ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "start-rollout": Effect(start_rollout, observe_start, _announce),
    "follow-rollout": Effect(follow_rollout, observe_following),
    "stop-rollout": Effect(stop_rollout, observe_nothing, _announce),
    **dict.fromkeys(acting.NAMES.values(), _MOVE),
}
