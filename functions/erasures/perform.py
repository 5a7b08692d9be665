"""The erasures bot's effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from functions.erasures import erase
from functions.erasures.model import Hold, KeyRecord, KeyState
from functions.erasures.retention import Due, is_held, members
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, NotFoundError, PermanentError
from writ.contracts.event import EventData
from writ.contracts.events.erasures import HoldLifted, HoldPlaced, PayloadsErased
from writ.contracts.statement import erasure_id
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.erasures.ports import Ports


def erase_subject(action: Action, ports: Ports) -> Observation:
    """Destroy the key and all that it seals.

    Fails as `conflict.held`, `conflict.open` (an action is) or `conflict.own_erasure`.
    """
    ref = action.target.id
    key = ports.vault.read(ref)
    if key is not None and key.state is KeyState.ACTIVE:
        erase.begin(ref, action.id, ports)
    return _erased(erase.finish(ref, ports))


def finish_erasure(action: Action, ports: Ports) -> Observation:
    """Go on with an erasure where it was left. Fails as `conflict.not_begun` for one that was not begun."""
    key = ports.vault.read(action.target.id)
    if key is None or key.state is KeyState.ACTIVE:
        raise PermanentError(f"no erasure of {action.target.id} was begun", code="conflict.not_begun")
    return _erased(erase.finish(action.target.id, ports))


def observe_erasure(action: Action, ports: Ports) -> Observation | None:
    """What was erased, once nothing is left to do."""
    key = ports.vault.read(action.target.id)
    if key is None or key.state is not KeyState.ERASED or ports.vault.members(key.ref):
        return None
    return _erased(key)


def expire_payloads(action: Action, ports: Ports) -> Observation:
    """Erase a day. Fails as `conflict.held` when a legal hold came in between."""
    due = _due(action)
    if is_held(due.type, [hold.scope for hold in ports.vault.holds()]):
        raise PermanentError(f"a legal hold keeps {due.name}", code="conflict.held")
    taken = members(due, ports.index)
    batch = erase.Batch(due.batch, "retention", action.id)
    entries = erase.erase(batch, taken, ports)
    ports.vault.expire(due.type, due.day)
    return {"entries": entries, "erasure": batch.erasure if entries else None}


def observe_expiry(_action: Action, _ports: Ports) -> Observation | None:
    """It is safe to repeat, and then says itself what it erased."""
    return None


def place_hold(action: Action, ports: Ports) -> Observation:
    """Keep a scope from being erased. Fails as `conflict` when the id is taken."""
    hold = Hold(action.target.id, _scope(action), ports.clock.now(), action.id)
    try:
        ports.vault.place(hold)
    except ConflictError as error:
        raise PermanentError(error.message, code=error.code, field=error.field) from None
    return {"scope": hold.scope}


def observe_placed(action: Action, ports: Ports) -> Observation | None:
    """The hold, if this action placed it."""
    hold = ports.vault.hold(action.target.id)
    return {"scope": hold.scope} if hold is not None and hold.action == action.id else None


def lift_hold(action: Action, ports: Ports) -> Observation:
    """End a hold. Fails as `not_found` when it has ended."""
    try:
        ports.vault.lift(action.target.id, action.id)
    except NotFoundError as error:
        raise PermanentError(error.message, code=error.code, field=error.field) from None
    return {"scope": _scope(action)}


def observe_lifted(action: Action, ports: Ports) -> Observation | None:
    """The hold, if this action ended it."""
    hold = ports.vault.hold(action.target.id)
    return {"scope": hold.scope} if hold is not None and hold.lifted_by == action.id else None


def _erased(key: KeyRecord) -> Observation:
    return {"entries": key.entries or 0, "erasure": erasure_id(key.ref)}


def _due(action: Action) -> Due:
    return Due.model_validate({name: action.parameters[name] for name in ("type", "day")})


def _scope(action: Action) -> str:
    return str(action.parameters["scope"])


def _announce_erased(action: Action, observed: Observation) -> Sequence[EventData]:
    if not observed.get("erasure"):
        return []
    retained = action.name == "expire-payloads"
    of, cause = (_due(action).batch, "retention") if retained else (action.target.id, "request")
    return [PayloadsErased.model_validate({"of": of, "cause": cause, **observed})]


def _announce_placed(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [HoldPlaced(id=action.target.id, scope=_scope(action))]


def _announce_lifted(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [HoldLifted(id=action.target.id, scope=_scope(action))]


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "erase-subject": Effect(erase_subject, observe_erasure, _announce_erased),
    "finish-erasure": Effect(finish_erasure, observe_erasure, _announce_erased),
    "expire-payloads": Effect(expire_payloads, observe_expiry, _announce_erased),
    "place-hold": Effect(place_hold, observe_placed, _announce_placed),
    "lift-hold": Effect(lift_hold, observe_lifted, _announce_lifted),
}
