"""The effects of the flags bot: each makes one version of the configuration and deploys it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from functions.flags import book
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, ContendedError, PermanentError
from writ.contracts.event import EventData
from writ.contracts.events.flags import FlagChanged, FlagDebtReported, FlagKilled
from writ.contracts.flags import Flag, Rollout
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.flags.ports import Ports

_ROUNDS: Final = 5
_ROLLOUT: Final = ("percent", "on_for", "off_for")


def change(action: Action, ports: Ports, *, killed: bool) -> Observation:
    """Set the flag, once; and let the newest version be deployed, whoever made it.

    Fails as `not_found` when the flag left the catalogue meanwhile, and as `conflict.moved` when somebody
    else changed it: what was allowed is the step from what it was, and not the turning on again of a flag
    that was killed since.
    """
    flag = ports.catalogue().flags.get(action.target.id)
    if flag is None:
        raise PermanentError(f"there is no flag {action.target.id}", code="not_found", field="flag")
    for _ in range(_ROUNDS):
        versions = ports.store.versions()
        mine = next((version.number for version in versions if version.label == action.id), None)
        if mine is not None:
            return _deployed(ports, mine, versions[-1].number)
        newest = versions[-1].number
        found = book.parse(ports.store.text(newest))
        if not killed and action.parameters.get("was") not in (None, _now(flag, found)):
            message = f"{flag.name} was changed meanwhile: look at it, and ask again"
            raise PermanentError(message, code="conflict.moved", field="flag")
        settings = book.changed(
            flag,
            found,
            Rollout() if killed else _rollout(action),
            killed=killed,
            by=str(action.parameters["by"]),
            reason=str(action.parameters["reason"]),
            now=datetime.fromisoformat(str(action.parameters["at"])),
        )
        try:
            made = ports.store.add(book.dump(settings), after=newest, label=action.id)
        except ConflictError:
            continue
        return _deployed(ports, made, made)
    raise ContendedError("the flags kept changing")


def observe(action: Action, ports: Ports) -> Observation | None:
    """What the change left behind; None while its version is not made, or not deployed."""
    versions = ports.store.versions()
    mine = next((version.number for version in versions if version.label == action.id), None)
    if mine is None or ports.store.deployed() < mine:
        return None
    return _observed(ports, mine)


def report(action: Action, _ports: Ports) -> Observation:
    """Nothing is changed: the report is the event that follows."""
    return {"flags": action.parameters["flags"], "in_debt": len(_items(action))}


def _deployed(ports: Ports, mine: int, newest: int) -> Observation:
    # Never an older one over a newer: a change that was overtaken is part of what overtook it.
    if ports.store.deployed() < newest:
        ports.store.deploy(newest)
    return _observed(ports, mine)


def _observed(ports: Ports, number: int) -> Observation:
    return {"version": number, "sha256": hashlib.sha256(ports.store.text(number).encode()).hexdigest()}


def _rollout(action: Action) -> Rollout:
    return Rollout.model_validate({name: action.parameters[name] for name in _ROLLOUT})


def _now(flag: Flag, settings: book.Settings) -> dict[str, Any]:
    return book.rollout_of(flag, settings).model_dump(mode="json")


def _items(action: Action) -> list[Any]:
    items = action.parameters["items"]
    return items if isinstance(items, list) else []


def _said(action: Action) -> dict[str, Any]:
    return {"flag": action.target.id, "by": action.parameters["by"], "reason": action.parameters["reason"]}


def _announce_changed(action: Action, _observed: Observation) -> Sequence[EventData]:
    rollout = _rollout(action).model_dump(mode="json")
    return [FlagChanged.model_validate({**_said(action), **rollout})]


def _announce_killed(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [FlagKilled.model_validate(_said(action))]


def _announce_debt(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [FlagDebtReported.model_validate(action.parameters)]


_CHANGE: Final = Effect(partial(change, killed=False), observe, _announce_changed)

ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "kill-flag": Effect(partial(change, killed=True), observe, _announce_killed),
    "narrow-flag": _CHANGE,
    "widen-flag": _CHANGE,
    "widen-risky-flag": _CHANGE,
    "report-debt": Effect(report, report, _announce_debt),
}
