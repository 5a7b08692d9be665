"""The erasures bot's effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from functions.erasures import erase
from functions.erasures.model import FLOW, Hold, KeyRecord, KeyState
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
    """Fence the key, and start the flow that does the rest.

    Fails as `conflict.held`, `conflict.open` (an action is) or `conflict.own_erasure`.
    """
    ref = action.target.id
    key = ports.vault.read(ref)
    if key is not None and key.state is KeyState.ACTIVE:
        erase.begin(ref, action.id, ports)
    ports.flows.start(FLOW, ref, {"subject": ref})
    return {"flow": FLOW, "attempt": 1}


def observe_begun(action: Action, ports: Ports) -> Observation | None:
    """The flow, if this action began it."""
    key = ports.vault.read(action.target.id)
    begun = key is not None and key.state is not KeyState.ACTIVE and key.action == action.id
    return {"flow": FLOW, "attempt": 1} if begun and ports.flows.find(FLOW, action.target.id) else None


def resume_erasure(action: Action, ports: Ports) -> Observation:
    """Start the flow once more. Fails as `conflict.not_begun` for an erasure that was not begun."""
    ref, attempt = action.target.id, int(str(action.parameters["attempt"]))
    key = ports.vault.read(ref)
    if key is None or key.state is KeyState.ACTIVE:
        raise PermanentError(f"no erasure of {ref} was begun", code="conflict.not_begun")
    ports.flows.start(FLOW, ref, {"subject": ref}, attempt)
    return {"flow": FLOW, "attempt": attempt}


def observe_resumed(action: Action, ports: Ports) -> Observation | None:
    """The flow, if it came so far."""
    attempt, run = int(str(action.parameters["attempt"])), ports.flows.find(FLOW, action.target.id)
    return None if run is None or run.attempt < attempt else {"flow": FLOW, "attempt": attempt}


def prepare_erasure(action: Action, ports: Ports) -> Observation:
    """See erase.prepare."""
    done = erase.prepare(action.target.id, str(action.parameters["after"]), ports)
    if done.waits_for is not None:
        return {"settled": False, "last": False, "waits_for": done.waits_for}
    return {"settled": True, "last": done.last, "after": done.after}


def destroy_key(action: Action, ports: Ports) -> Observation:
    """See erase.destroy."""
    return {"parts": erase.destroy(action.target.id, ports).parts}


def erase_batch(action: Action, ports: Ports) -> Observation:
    """See erase.erase_batch."""
    part = erase.erase_batch(action.target.id, ports)
    return {"part": part.number, "entries": part.entries, "last": part.last}


def finish_erasure(action: Action, ports: Ports) -> Observation:
    """See erase.finish."""
    return _erased(erase.finish(action.target.id, ports))


def observe_destroyed(action: Action, ports: Ports) -> Observation | None:
    """The parts there are to erase, once the key is gone."""
    key = ports.vault.read(action.target.id)
    gone = key is not None and key.state in (KeyState.DESTROYED, KeyState.ERASED)
    return {"parts": key.parts} if gone and key is not None else None


def observe_erasure(action: Action, ports: Ports) -> Observation | None:
    """What was erased, once nothing is left to do."""
    key = ports.vault.read(action.target.id)
    if key is None or key.state is not KeyState.ERASED or ports.vault.page(key.ref, "", 1):
        return None
    return _erased(key)


def observe_nothing(_action: Action, _ports: Ports) -> Observation | None:
    """It is safe to repeat, and says itself how far things are."""
    return None


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
    "erase-subject": Effect(erase_subject, observe_begun),
    "resume-erasure": Effect(resume_erasure, observe_resumed),
    "prepare-erasure": Effect(prepare_erasure, observe_nothing),
    "destroy-key": Effect(destroy_key, observe_destroyed),
    "erase-batch": Effect(erase_batch, observe_nothing),
    "finish-erasure": Effect(finish_erasure, observe_erasure, _announce_erased),
    "expire-payloads": Effect(expire_payloads, observe_nothing, _announce_erased),
    "place-hold": Effect(place_hold, observe_placed, _announce_placed),
    "lift-hold": Effect(lift_hold, observe_lifted, _announce_lifted),
}
