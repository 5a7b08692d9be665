"""The rollback bot's effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from functions.rollback.incident import Incident
from functions.rollback.migrations import RESTORE
from writ.contracts.action import Action
from writ.contracts.errors import NotFoundError, PermanentError
from writ.contracts.event import EventData
from writ.contracts.events.rollouts import IncidentOpened, RolloutAdvanced
from writ.rollout import acting, following
from writ.rollout.notes import noted, plain
from writ.rollout.state import Kind, Rollout
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.rollback.ports import Ports


def take_over(action: Action, ports: Ports) -> Observation:
    """Have an open rollout reverted by this bot. Fails as `not_found` when it is over."""
    then = action.parameters.get("then") or []
    rest = tuple(str(each) for each in then) if isinstance(then, list) else ()
    try:
        rollout = ports.coordinator.stop(action.target.id, action.reason, "rollback", rest)
    except NotFoundError as error:
        raise PermanentError(error.message, code=error.code, field=error.field) from None
    return _driven(rollout)


def start_rollback(action: Action, ports: Ports) -> Observation:
    """See writ.rollout.acting.start."""
    return acting.begun(acting.start(action, ports.coordinator))


def observe_start(action: Action, ports: Ports) -> Observation | None:
    """See writ.rollout.acting.started."""
    rollout = acting.started(action, ports.rollouts)
    return None if rollout is None else acting.begun(rollout)


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


def open_incident(action: Action, ports: Ports) -> Observation:
    """Keep the record; one of a rollout is kept once."""
    given = action.parameters
    incident = Incident(
        id=action.target.id,
        service=str(given["service"]),
        severity="minor" if given["severity"] == "minor" else "major",
        reason=str(given["reason"]),
        from_release=_name(given.get("from_release")),
        to_release=_name(given.get("to_release")),
        opened_at=ports.clock.now(),
        action=action.id,
    )
    ports.incidents.open(incident)
    return _opened(action, ports.incidents.get(incident.id) or incident)


def _name(given: object) -> str | None:
    return None if given is None else str(given)


def observe_incident(action: Action, ports: Ports) -> Observation | None:
    """The record, if it is kept."""
    found = ports.incidents.get(action.target.id)
    return None if found is None else _opened(action, found)


def _opened(action: Action, incident: Incident) -> Observation:
    given = action.parameters
    if "pull_request" not in given:
        return {"incident": incident.id}
    text = (
        f"✘ Incident **{incident.id}** ({incident.severity}) on {incident.service}: {plain(incident.reason)}."
        f"\n\n{plain(action.reason)}\n\nThe record: `GET /v1/incidents/{incident.id}`."
    )
    note = {
        "repository": given["repository"],
        "pull_request": given["pull_request"],
        "text": text,
        "noted_at": incident.opened_at.isoformat(),
    }
    return {"incident": incident.id, "note": note}


def _driven(rollout: Rollout) -> Observation:
    return {"rollout": rollout.id, "seq": rollout.seq, "driver": rollout.driver}


def _announce(_action: Action, observed: Observation) -> Sequence[EventData]:
    names = ("rollout", "seq", "driver")
    return [RolloutAdvanced.model_validate({name: observed[name] for name in names}), *noted(observed)]


def _announce_incident(action: Action, observed: Observation) -> Sequence[EventData]:
    given: dict[str, Any] = {name: action.parameters[name] for name in ("service", "severity", "reason")}
    return [IncidentOpened.model_validate({"incident": action.target.id, **given}), *noted(observed)]


_MOVE: Final = Effect(make_move, observe_move, acting.advanced)
_MOVES: Final = (Kind.PROMOTE, Kind.REVERT, Kind.CLOSE)
ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "take-over": Effect(take_over, observe_nothing, _announce),
    "start-rollback": Effect(start_rollback, observe_start, _announce),
    "follow-rollout": Effect(follow_rollout, observe_following),
    **{acting.NAMES[kind]: _MOVE for kind in _MOVES},
    "open-incident": Effect(open_incident, observe_incident, _announce_incident),
    "restore-data": RESTORE,
}
