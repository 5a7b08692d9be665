"""The gate bot's one effect: a result is kept, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from functions.gate.results import place
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError
from writ.contracts.event import EventData
from writ.contracts.events.gates import GateResultRecorded
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.gate.ports import Ports


def record(action: Action, ports: Ports) -> Observation:
    """Keep the result; one that is kept already is this one, for its place has the report's digest."""
    document = _document(action)
    try:
        ports.results.keep(place(document), document)
    except ConflictError:
        if observe(action, ports) is None:
            raise
    return _observed(document)


def observe(action: Action, ports: Ports) -> Observation | None:
    """What the action's effect left behind, or None when it has not happened."""
    kept = ports.results.get(place(_document(action)))
    return _observed(kept) if kept is not None else None


def _document(action: Action) -> dict[str, Any]:
    result = action.parameters["result"]
    if not isinstance(result, dict):
        raise TypeError("the result is not an object")
    return {**result, "current": action.parameters["current"], "action": action.id}


def _observed(document: Mapping[str, Any]) -> Observation:
    return {"report": document["report"], "verdict": document["verdict"]}


def _announce(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [GateResultRecorded.model_validate(_document(action))]


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {"record-result": Effect(record, observe, _announce)}
