"""The effects of the dependencies bot, one function an action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from functions.dependencies.model import Alert, Bump, HeldBack, Overview
from writ.contracts.action import Action
from writ.contracts.errors import PermanentError
from writ.dependencies.bisect import Result
from writ.dependencies.score import Earlier
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.dependencies.ports import Ports
    from writ.contracts.event import EventData


def look_over(action: Action, _ports: Ports) -> Observation:
    """Nothing but the event that it is due: the look itself comes with that."""
    return {"repository": action.parameters["repository"]}


def _announce_due(action: Action, _observed: Observation) -> Sequence[EventData]:
    from writ.contracts.events.dependencies import DependenciesDue

    given = {name: action.parameters[name] for name in ("repository", "due_at")}
    return [DependenciesDue.model_validate(given)]


def withdraw(action: Action, ports: Ports) -> Observation:
    """Close the pull request and remove its branch, unless others pushed to it meanwhile."""
    repository, bump = _bump(action, ports)
    forge = ports.asked_forge()
    if forge.head(repository, bump.branch) not in (None, bump.head_sha):
        raise PermanentError("others pushed to the branch meanwhile", code="bump.taken")
    if bump.number is not None:
        forge.revise(repository, bump.number, state="closed")
    forge.remove(repository, bump.branch)
    ports.bumps.replace(repository, bump, bump.ended("withdrawn"))
    return {"group": bump.group, "pull_request": bump.number, "state": "withdrawn"}


def observe_withdrawn(action: Action, ports: Ports) -> Observation | None:
    _, bump = _bump(action, ports)
    if bump.state != "withdrawn":
        return None
    return {"group": bump.group, "pull_request": bump.number, "state": bump.state}


def settle(action: Action, ports: Ports) -> Observation:
    """Note how it ended; merged with checks that passed, its steps are evidence for others."""
    repository, bump = _bump(action, ports)
    state, digest = action.parameters["state"], action.parameters["digest"]
    if state == "merged" and action.parameters["result"] == Result.PASSED.value:
        _learn(repository, bump, bump.shown, ports, passed=True)
    if bump.state == "open":
        ended = bump.ended("merged" if state == "merged" else "closed", str(digest) if digest else None)
        ports.bumps.replace(repository, bump, ended)
    return {"group": bump.group, "pull_request": bump.number, "state": str(state)}


def observe_settled(action: Action, ports: Ports) -> Observation | None:
    _, bump = _bump(action, ports)
    if bump.state == "open":
        return None
    return {"group": bump.group, "pull_request": bump.number, "state": bump.state}


def record(action: Action, ports: Ports) -> Observation:
    """Keep the result. A set that passed says it of each step; one that failed only of a single one."""
    repository, bump = _bump(action, ports)
    steps, result = tuple(_texts(action, "steps")), Result(str(action.parameters["result"]))
    if result is Result.PASSED or (result is Result.FAILED and len(steps) == 1):
        _learn(repository, bump, steps, ports, passed=result is Result.PASSED)
    if bump.state == "open":
        ports.bumps.replace(repository, bump, bump.with_result(steps, result))
    return {"group": bump.group, "result": result.value, "steps": list(steps)}


def observe_recorded(action: Action, ports: Ports) -> Observation | None:
    _, bump = _bump(action, ports)
    steps, result = tuple(_texts(action, "steps")), str(action.parameters["result"])
    if bump.results.get(frozenset(steps)) != result:
        return None
    return {"group": bump.group, "result": result, "steps": list(steps)}


def hold(action: Action, ports: Ports) -> Observation:
    """Hold the version back; alone it is evidence that the step does not go well."""
    repository, held = str(action.parameters["repository"]), _held(action)
    bump = ports.bumps.get(repository, held.group)
    if bump is not None and not held.together:
        _learn(repository, bump, (held.step,), ports, passed=False)
    ports.bumps.hold(repository, held)
    return {"held": held.key, "together": list(held.together)}


def observe_held(action: Action, ports: Ports) -> Observation | None:
    held = _held(action)
    if held.key not in {each.key for each in ports.bumps.held(str(action.parameters["repository"]))}:
        return None
    return {"held": held.key, "together": list(held.together)}


def _announce_held(action: Action, _observed: Observation) -> Sequence[EventData]:
    from writ.contracts.events.dependencies import DependencyHeldBack

    held = _held(action)
    given = {"step": held.step, "group": held.group, "together": held.together}
    return [DependencyHeldBack.model_validate({**given, "repository": action.parameters["repository"]})]


def note_alert(action: Action, ports: Ports) -> Observation:
    """Keep the alert."""
    alert = Alert.model_validate(action.parameters["alert"])
    ports.bumps.note(str(action.parameters["repository"]), alert)
    return {"alert": alert.id, "open": True}


def drop_alert(action: Action, ports: Ports) -> Observation:
    """Forget the alert; one that was never heard of is forgotten."""
    alert = Alert.model_validate(action.parameters["alert"])
    ports.bumps.drop(str(action.parameters["repository"]), alert)
    return {"alert": alert.id, "open": False}


def show(action: Action, ports: Ports) -> Observation:
    """Keep the overview."""
    overview = Overview.model_validate(action.parameters["overview"])
    ports.bumps.show(overview)
    return {"repository": overview.repository, "held": len(overview.held), "withheld": len(overview.withheld)}


def _again(_action: Action, _ports: Ports) -> None:
    """Doing it again is as good as having done it."""
    return


def _learn(repository: str, bump: Bump, steps: Sequence[str], ports: Ports, *, passed: bool) -> None:
    for member in bump.members:
        if member.id in steps:
            step = Earlier(member.package, member.current, member.version, passed)
            ports.bumps.learn(repository, step)


def _bump(action: Action, ports: Ports) -> tuple[str, Bump]:
    repository, group = str(action.parameters["repository"]), str(action.parameters["group"])
    found = ports.bumps.get(repository, group)
    if found is None:
        raise PermanentError("there is no bump of this group", code="bump.unknown", field="group")
    return repository, found


def _held(action: Action) -> HeldBack:
    return HeldBack.model_validate(action.parameters["held"])


def _texts(action: Action, name: str) -> list[str]:
    value: Any = action.parameters[name]
    return [str(item) for item in value]


def put(action: Action, ports: Ports) -> Observation:
    """See functions.dependencies.putting, which only this and its like have to load."""
    from functions.dependencies import putting

    return putting.put(action, ports)


def observe_put(action: Action, ports: Ports) -> Observation | None:
    from functions.dependencies import putting

    return putting.observe(action, ports)


def announce_put(action: Action, observed: Observation) -> Sequence[EventData]:
    from functions.dependencies import putting

    return putting.announce(action, observed)


_PUT: Final = Effect(put, observe_put, announce_put)

ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "look-over": Effect(look_over, _again, _announce_due),
    "propose-bump": _PUT,
    "propose-early-bump": _PUT,
    "update-bump": _PUT,
    "withdraw-bump": Effect(withdraw, observe_withdrawn),
    "settle-bump": Effect(settle, observe_settled),
    "record-result": Effect(record, observe_recorded),
    "hold-member": Effect(hold, observe_held, _announce_held),
    "note-alert": Effect(note_alert, _again),
    "drop-alert": Effect(drop_alert, _again),
    "report-standing": Effect(show, _again),
}
