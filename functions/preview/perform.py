"""The preview bot's effects: goals are written down and a flow is started; steps are in `steps`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from functions.preview import notes, steps
from functions.preview.model import FLOW, Failure, Goal, Preview, Quota, State, Terms, preview_id
from functions.preview.notes import seen
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, ContendedError, LimitExceededError, PermanentError
from writ.contracts.event import EventData
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.preview.ports import Ports

_CONTENDED: Final = "preview.contended"


def open_preview(action: Action, ports: Ports) -> Observation:
    """Write down what is wanted, with its place in the quota, and start the flow.

    Fails as `limit.quota` when the quota was filled since policy looked, `conflict.preview` for a second.
    """
    given, now = action.parameters, ports.clock.now()
    terms = Terms.model_validate(given["terms"])
    repository, number = str(given["repository"]), int(str(given["pull_request"]))
    before = ports.previews.read(preview_id(repository, number))
    if before is not None and not before.is_of(repository, number):
        message = f"{before.id} is the preview of {before.repository}#{before.pull_request}"
        raise PermanentError(message, code="conflict.preview", field="preview")
    if before is not None and before.live and before.goal.way == "up":
        raise PermanentError(f"there is a preview {before.id}", code="conflict.preview", field="preview")
    goal = _goal(before, "up", str(given["commit"]), action)
    life = terms.lifetime
    wanted = Preview(
        id=preview_id(repository, number),
        repository=repository,
        pull_request=number,
        team=terms.team,
        template=terms.template,
        usd_micros_per_hour=terms.usd_micros_per_hour,
        goal=goal,
        state=State.BUILDING,
        opened_at=now,
        expires_at=now + timedelta(seconds=min(life.first_s, life.longest_s)),
        ends_at=now + timedelta(seconds=life.longest_s),
        changed_at=now,
    )
    try:
        made = ports.previews.write(before, wanted, terms.quota)
    except LimitExceededError as error:
        raise PermanentError(error.message, code=error.code) from None
    except ConflictError as error:
        raise ContendedError(error.message, code=_CONTENDED) from None
    return _begun(made, ports)


def observe_goal(action: Action, ports: Ports) -> Observation | None:
    """The preview, if its goal is the one that this action set; the flow is started if it is not yet."""
    id = action.target.id
    if action.target.kind != "preview":
        id = preview_id(str(action.parameters["repository"]), int(str(action.parameters["pull_request"])))
    preview = ports.previews.read(id)
    if preview is None or preview.goal.by != action.id:
        return None
    return _begun(preview, ports)


def update_preview(action: Action, ports: Ports) -> Observation:
    """Have it show another commit. Fails as `not_found` when it is not to be there any more."""
    preview = _up(action.target.id, ports)
    goal = _goal(preview, "up", str(action.parameters["commit"]), action)
    return _begun(_written(preview, ports, goal=goal, state=State.BUILDING), ports)


def close_preview(action: Action, ports: Ports) -> Observation:
    """Have everything of it removed. Fails as `not_found` when that is so, or under way."""
    preview = _up(action.target.id, ports)
    goal = _goal(preview, "down", preview.goal.commit, action, reason=str(action.parameters["reason"]))
    return _begun(_written(preview, ports, goal=goal, state=State.REMOVING, failure=None), ports)


def extend_preview(action: Action, ports: Ports) -> Observation:
    """Let it live until later; never earlier, never after its last day.

    Fails as `limit.quota` when the quota was filled since policy looked.
    """
    preview = _up(action.target.id, ports)
    wanted = datetime.fromisoformat(str(action.parameters["until"]))
    until = max(preview.expires_at, min(wanted, preview.ends_at))
    if until == preview.expires_at:
        return seen(preview)
    return seen(_written(preview, ports, Quota.model_validate(action.parameters["quota"]), expires_at=until))


def resume_preview(action: Action, ports: Ports) -> Observation:
    """Start its flow once more. Fails as `conflict.superseded` when it is to be somewhere else by now."""
    preview = steps.current(action, ports)
    attempt = int(str(action.parameters["attempt"]))
    ports.flows.start(FLOW, preview.run, _given(preview), attempt)
    return {**seen(preview), "attempt": attempt}


def observe_resumed(action: Action, ports: Ports) -> Observation | None:
    """The flow, if it came so far."""
    preview = steps.current(action, ports)
    run, attempt = ports.flows.find(FLOW, preview.run), int(str(action.parameters["attempt"]))
    return None if run is None or run.attempt < attempt else {**seen(preview), "attempt": attempt}


def report_refusal(action: Action, ports: Ports) -> Observation:
    """Keep a refusal where previews are listed, unless there is a preview again."""
    given, now = action.parameters, ports.clock.now()
    terms = Terms.model_validate(given["terms"])
    before = ports.previews.read(action.target.id)
    refused = Preview(
        id=action.target.id,
        repository=str(given["repository"]),
        pull_request=int(str(given["pull_request"])),
        team=terms.team,
        template=terms.template,
        usd_micros_per_hour=terms.usd_micros_per_hour,
        goal=_goal(before, "up", str(given["commit"]), action),
        state=State.REFUSED,
        failure=Failure(reason="; ".join(_reasons(action)) or "policy refused it"),
        opened_at=now,
        expires_at=now,
        ends_at=now,
        changed_at=now,
    )
    if before is None or not before.live:
        try:
            refused = ports.previews.write(before, refused)
        except ConflictError as error:
            raise ContendedError(error.message, code=_CONTENDED) from None
    return seen(refused)


def observe_nothing(_action: Action, _ports: Ports) -> Observation | None:
    """It is safe to repeat."""
    return None


def sweep_stack(action: Action, ports: Ports) -> Observation:
    """Remove a stack that nobody stands for. Whether one does is looked at again, right before."""
    name = action.target.id
    id = name.removeprefix(ports.site.prefix)
    row = ports.previews.read(id)
    if row is not None and row.live:
        raise PermanentError(f"{id} is a preview again", code="conflict.preview", field="preview")
    stack = ports.stacks.find(name)
    if stack is not None and stack.state.value != "working":
        ports.stacks.remove(name)
    return {"stack": name, "state": stack.state.value if stack else "gone"}


def _up(id: str, ports: Ports) -> Preview:
    preview = ports.previews.read(id)
    if preview is None or not preview.live or preview.goal.way != "up":
        raise PermanentError(f"there is no preview {id}", code="not_found", field="id")
    return preview


def _goal(
    before: Preview | None, way: str, commit: str, action: Action, *, reason: str | None = None
) -> Goal:
    number = 1 if before is None else before.goal.number + 1
    given = {"number": number, "way": way, "commit": commit, "reason": reason or action.reason}
    return Goal.model_validate({**given, "by": action.id})


def _written(before: Preview, ports: Ports, quota: Quota | None = None, **changes: object) -> Preview:
    """Whoever else wrote it meanwhile: look again."""
    after = before.model_copy(update={**changes, "changed_at": ports.clock.now()})
    try:
        return ports.previews.write(before, after, quota)
    except LimitExceededError as error:
        raise PermanentError(error.message, code=error.code) from None
    except ConflictError as error:
        raise ContendedError(error.message, code=_CONTENDED) from None


def _begun(preview: Preview, ports: Ports) -> Observation:
    ports.flows.start(FLOW, preview.run, _given(preview))
    return seen(preview)


def _given(preview: Preview) -> dict[str, str | int]:
    way = "up" if preview.leads_up else "down"
    return {"preview": preview.id, "goal": preview.goal.number, "way": way}


def _progress(_action: Action, observed: Observation) -> Sequence[EventData]:
    return notes.progress(observed)


def _refused(action: Action, observed: Observation) -> Sequence[EventData]:
    return notes.refused(observed, _reasons(action))


def _reasons(action: Action) -> list[str]:
    given = action.parameters["reasons"]
    return [str(each) for each in given] if isinstance(given, list | tuple) else []


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "open-preview": Effect(open_preview, observe_goal, _progress),
    "update-preview": Effect(update_preview, observe_goal, _progress),
    "close-preview": Effect(close_preview, observe_goal, _progress),
    "extend-preview": Effect(extend_preview, observe_nothing, _progress),
    "resume-preview": Effect(resume_preview, observe_resumed),
    "report-refusal": Effect(report_refusal, observe_nothing, _refused),
    "sweep-stack": Effect(sweep_stack, observe_nothing),
    **steps.ACTIONS,
}
