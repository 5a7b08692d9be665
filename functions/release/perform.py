"""The release bot's effects: each looks for what an earlier attempt left before it does anything.

What is done elsewhere is found again by its name, tag, page or entry; then the record says so, by one
conditional write. So a step that died anywhere is done again and finds its effect done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from functions.release import making, publishing
from functions.release.facts import FLOW
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, ContendedError, PermanentError
from writ.contracts.event import EventData
from writ.contracts.events.forge import PullRequestNoted
from writ.contracts.events.releases import PackageReleased, ReleaseEnded
from writ.ports.flows import RunState
from writ.release.record import Build, Ending, Passed, Planned, Problem, Record, Stage
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.release.ports import Ports

# What a step adds to the record, once its effect is there.
Step = Callable[[Record, Action, "Ports"], Mapping[str, Any]]


def start_release(action: Action, ports: Ports) -> Observation:
    """Take the package, then let the flow go. Fails as `conflict.release` where another release holds it."""
    given, now = action.parameters, ports.clock.now()
    id = str(given["release"])
    named = ("repository", "package", "sha", "line", "at_least", "pushed", "by", "by_id")
    known = {name: given[name] for name in named if given.get(name) is not None}
    record = Record.model_validate({"id": id, **known, "started_at": now, "stage_at": now})
    observed = {"release": id, "repository": record.repository, "sha": record.sha}
    if ports.releases.read(id) is None:
        try:
            ports.releases.start(record.after(action.id, observed))
        except ConflictError as error:
            raise PermanentError(error.message, code=error.code, field=error.field) from None
    return _driven(id, 1, _told(id, action, ports), ports)


def observe_start(action: Action, ports: Ports) -> Observation | None:
    """What it began as, once its flow was started."""
    id = str(action.parameters["release"])
    return None if ports.flows.find(FLOW, id) is None else _said(id, action, ports)


def _taking(step: Step, fence: Literal["publish", "abort"] | None = None) -> Effect[Any]:
    """The effect of a step; one with a fence puts that up first, and is refused behind the other."""

    def perform(action: Action, ports: Ports) -> Observation:
        record = _open(action, ports)
        said = record.said(action.id)
        if said is not None:
            return said
        if fence is not None:
            record = _fenced(record, fence, ports)
        return _kept(record, action, step(record, action, ports), ports)

    return Effect(perform, _observe, _announce)


def _fenced(record: Record, fence: Literal["publish", "abort"], ports: Ports) -> Record:
    if record.fence == fence:
        return record
    if record.fence is not None:
        code, what = (
            ("conflict.published", "published") if record.fence == "publish" else ("release.over", "aborted")
        )
        raise PermanentError(f"{record.id} is being {what}", code=code, field="id")
    return _written(record, record.model_copy(update={"fence": fence, "version": record.version + 1}), ports)


def _written(record: Record, after: Record, ports: Ports) -> Record:
    """Write a record; one that lost against another is done again, and finds what it did."""
    try:
        ports.releases.write(record, after)
    except ConflictError as error:
        if error.code == "conflict.release":
            raise PermanentError(error.message, code=error.code, field=error.field) from None
        raise ContendedError("the release was moved meanwhile", code="release.contended") from None
    return after


def _plan(_record: Record, action: Action, _ports: Ports) -> Mapping[str, Any]:
    return {"planned": Planned.model_validate_json(json.dumps(action.parameters["planned"]))}


def _skip(_record: Record, _action: Action, ports: Ports) -> Mapping[str, Any]:
    return {"final": Ending.NOTHING, "ended_at": ports.clock.now()}


def _gate(_record: Record, action: Action, _ports: Ports) -> Mapping[str, Any]:
    return {"gate": Passed.model_validate_json(json.dumps(action.parameters["gate"]))}


def _approve(_record: Record, _action: Action, _ports: Ports) -> Mapping[str, Any]:
    return {"approved": True}


def _ask_for_build(record: Record, _action: Action, ports: Ports) -> Mapping[str, Any]:
    making.ask_for_build(record, ports.forge())
    return {"build_asked": True}


def _record_build(record: Record, action: Action, ports: Ports) -> Mapping[str, Any]:
    given = action.parameters["build"]
    if record.stage is not Stage.BUILD or not isinstance(given, dict):
        raise PermanentError(f"{record.id} is not at its build", code="conflict.build", field="id")
    made = Build.model_validate({**given, "files": tuple(_list(given["files"])), "at": ports.clock.now()})
    if record.build is not None:
        same = (record.build.status, record.build.files, record.build.run)
        if same != (made.status, made.files, made.run):
            raise PermanentError("another build was reported already", code="conflict.build", field="files")
        made = record.build
    return {"build": made}


def _accept_build(record: Record, _action: Action, ports: Ports) -> Mapping[str, Any]:
    build = record.build
    if build is None:
        raise PermanentError("no build was reported", code="release.out_of_order")
    for file in build.files:
        making.staged_file(record, file, ports.vault)
    return {"build": build.model_copy(update={"accepted": True})}


def _announced(_record: Record, _action: Action, ports: Ports) -> Mapping[str, Any]:
    return {"final": Ending.PUBLISHED, "ended_at": ports.clock.now()}


def _fail(record: Record, action: Action, ports: Ports) -> Mapping[str, Any]:
    given = action.parameters
    if record.fence != "publish":  # else its page may be seen any moment, and is found when it is taken up
        making.withdraw(record, ports.forge)
    problem = Problem(code=str(given["code"]), message=str(given["message"]))
    return {"final": Ending.FAILED, "ended_at": ports.clock.now(), "problem": problem}


def _abort(record: Record, _action: Action, ports: Ports) -> Mapping[str, Any]:
    making.withdraw(record, ports.forge)
    return {"final": Ending.ABORTED, "ended_at": ports.clock.now()}


def resume_release(action: Action, ports: Ports) -> Observation:
    """Take it up again where it stopped, by another attempt of its flow; its page is made anew."""
    id, attempt = action.target.id, _attempt(action)
    record = ports.releases.read(id)
    if record is None:
        raise PermanentError(f"there is no release {id}", code="not_found", field="id")
    if record.said(action.id) is None:
        if record.final is not Ending.FAILED:
            raise PermanentError(f"{id} has not failed", code="conflict.running", field="id")
        accepted = record.build is not None and record.build.accepted
        withdrawn = record.fence != "publish"
        changes: dict[str, Any] = {"draft": None, "page": None, "fence": None} if withdrawn else {}
        changes |= {} if accepted else {"build": None, "build_asked": False}
        changes |= {"final": None, "ended_at": None, "problem": None, "run": attempt}
        _kept(record, action, {**changes, "tries": record.tries + 1}, ports)
    return _driven(id, attempt, _told(id, action, ports), ports)


def observe_resume(action: Action, ports: Ports) -> Observation | None:
    """What it left behind, once the attempt of the flow is there as well."""
    run = ports.flows.find(FLOW, action.target.id)
    there = run is not None and run.attempt >= _attempt(action)
    return _said(action.target.id, action, ports) if there else None


def restart_flow(action: Action, ports: Ports) -> Observation:
    """Start another attempt."""
    attempt = _attempt(action)
    return _driven(action.target.id, attempt, {"flow": FLOW, "attempt": attempt}, ports)


def observe_restart(action: Action, ports: Ports) -> Observation | None:
    """The attempt, if it is there."""
    run, attempt = ports.flows.find(FLOW, action.target.id), _attempt(action)
    return None if run is None or run.attempt < attempt else {"flow": FLOW, "attempt": attempt}


def _open(action: Action, ports: Ports) -> Record:
    id = str(action.parameters.get("release") or action.target.id)
    record = ports.releases.read(id)
    if record is None:
        raise PermanentError(f"there is no release {id}", code="not_found", field="id")
    if record.final is not None and record.said(action.id) is None:
        raise PermanentError(f"{id} is {record.final}", code="release.over", field="id")
    return record


def _kept(record: Record, action: Action, changes: Mapping[str, Any], ports: Ports) -> Observation:
    made = record.model_copy(update=dict(changes))
    observed: dict[str, Any] = {
        "release": record.id,
        "stage": made.stage.value,
        "done": made.past(record.stage),
        "over": made.final is not None,
        **making.told(made),
    }
    moved = made.stage is not record.stage or record.final is not None
    more = {"stage_at": ports.clock.now()} if moved else {}
    _written(record, record.after(action.id, observed, **changes, **more), ports)
    return observed


def _observe(action: Action, ports: Ports) -> Observation | None:
    return _said(str(action.parameters.get("release") or action.target.id), action, ports)


def _said(id: str, action: Action, ports: Ports) -> Observation | None:
    record = ports.releases.read(id)
    return None if record is None else record.said(action.id)


def _told(id: str, action: Action, ports: Ports) -> Observation:
    said = _said(id, action, ports)
    if said is None:
        raise PermanentError(f"{id} was begun by another", code="conflict.release", field="release")
    return said


def _driven(id: str, attempt: int, observed: Observation, ports: Ports) -> Observation:
    run = ports.flows.find(FLOW, id)
    if run is None or run.attempt != attempt or run.state is not RunState.RUNNING:
        ports.flows.start(FLOW, id, {"release": id, "attempt": attempt}, attempt)
    return observed


def _attempt(action: Action) -> int:
    return int(str(action.parameters.get("attempt") or 1))


def _announce(_action: Action, observed: Observation) -> Sequence[EventData]:
    """That a release is over; of one that is out also what it is, and to the pull requests in it."""
    if not observed.get("over"):
        return []
    named = ("release", "repository", "package", "sha", "final", "code", "pushed")
    ended = ReleaseEnded.model_validate({name: observed[name] for name in named if name in observed})
    if observed["final"] != Ending.PUBLISHED.value:
        return [ended]
    released = PackageReleased.model_validate({k: v for k, v in observed.items() if k != "notes_on"})
    noted = [
        PullRequestNoted.model_validate(
            {
                "repository": observed["repository"],
                "pull_request": pull,
                "topic": "release",
                "text": f"Released in [{observed['tag']}]({observed['url']}).",
                "noted_at": observed["at"],
            }
        )
        for pull in _list(observed["notes_on"])
    ]
    return [released, ended, *noted]


def _list(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list | tuple) else []


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "start-release": Effect(start_release, observe_start),
    "plan-release": _taking(_plan),
    "skip-release": _taking(_skip),
    "pass-gates": _taking(_gate),
    "approve-patch": _taking(_approve),
    "approve-minor": _taking(_approve),
    "approve-major": _taking(_approve),
    "tag-release": _taking(making.tag),
    "draft-release": _taking(making.draft),
    "start-build": _taking(_ask_for_build),
    "record-build": _taking(_record_build),
    "accept-build": _taking(_accept_build),
    "compose-bom": _taking(publishing.compose_bom),
    "sign-release": _taking(publishing.sign),
    "publish-release": _taking(publishing.publish, "publish"),
    "announce-release": _taking(_announced),
    "fail-release": _taking(_fail),
    "abort-release": _taking(_abort, "abort"),
    "resume-release": Effect(resume_release, observe_resume),
    "restart-flow": Effect(restart_flow, observe_restart),
}
