"""The backlog's effects: each is one conditional write together with the mark that it happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from functions.backlog import lifecycle
from functions.backlog.task import Changes, DetailedTask, Draft, Sighting, Status, read
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, ContendedError, ContractError, PermanentError
from writ.contracts.event import EventData
from writ.contracts.events.backlog import (
    BacklogTaskAdded,
    BacklogTaskRetired,
    BacklogTaskScored,
    BacklogTaskStrengthened,
)
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.backlog.ports import Ports

_ROUNDS: Final = 5


def record_occurrence(action: Action, ports: Ports) -> Observation:
    """Add the task or strengthen it by one occurrence."""
    sighting = read(Sighting, action.parameters["sighting"], "sighting")
    return _write(
        action,
        ports,
        lambda before: lifecycle.seen(before, sighting, _at(action)),
        lambda after: {"occurrences": after.occurrences},
    )


def add_task(action: Action, ports: Ports) -> Observation:
    """Put a person's task on the list. Fails as `conflict` when it is there already."""
    draft = read(Draft, action.parameters["task"], "task")

    def first(before: DetailedTask | None) -> DetailedTask:
        if before is not None:
            raise PermanentError(f"the task is on the list as {before.id}", code="conflict", field="title")
        return lifecycle.submitted(draft, _at(action))

    return _write(action, ports, first)


def change_task(action: Action, ports: Ports) -> Observation:
    """Make a person's changes to the version they were meant for, else fail as `precondition_failed`."""
    changes = read(Changes, action.parameters["changes"], "changes")

    def change(before: DetailedTask | None) -> DetailedTask:
        task = _existing(before, action)
        if task.version != action.parameters["version"]:
            raise PermanentError(
                f"the task is at version {task.version} by now", code="precondition_failed", field="version"
            )
        try:
            return lifecycle.changed(task, changes, _at(action))
        except ContractError as error:
            raise PermanentError(error.message, code=error.code, field=error.field) from None

    retired = changes.status is Status.RETIRED and "status" in changes.model_fields_set
    return _write(action, ports, change, lambda _after: {"retired": retired})


def score_task(action: Action, ports: Ports) -> Observation:
    """Score the task as of the action's time and remember the score."""
    because = f"asked by {action.parameters['method']}"

    def score(before: DetailedTask | None) -> DetailedTask:
        return lifecycle.rescored(_existing(before, action), _at(action), because, always=True)

    return _write(action, ports, score)


def retire_task(action: Action, ports: Ports) -> Observation:
    """Retire a candidate, unless it was seen or accepted while the action waited for its approval."""

    def retire(before: DetailedTask | None) -> DetailedTask:
        task = _existing(before, action)
        last_seen = datetime.fromisoformat(str(action.parameters["last_seen"]))
        if task.status is not Status.CANDIDATE or task.last_seen > last_seen:
            raise PermanentError("the task was seen again or accepted meanwhile", code="task.revived")
        return lifecycle.retired(task, _at(action))

    return _write(action, ports, retire, lambda _after: {"retired": True})


def rescore(action: Action, ports: Ports) -> Observation:
    """Score tasks as of the action's time.

    Doing it twice changes nothing more; a task that somebody else writes meanwhile is scored by that.
    """
    scores: dict[str, float] = {}
    for task_id in _ids(action):
        before = ports.tasks.get(task_id)
        if before is None:
            continue
        after = lifecycle.rescored(before, _at(action), "older than the window")
        if after is before:
            continue
        try:
            ports.tasks.replace(after, expected=before.version)
        except ConflictError:
            continue
        scores[task_id] = after.scores.rice
    return ports.tasks.mark(action.id, {"scores": scores})


def observe(action: Action, ports: Ports) -> Observation | None:
    """What the action's effect left behind, or None when it has not happened."""
    return ports.tasks.applied(action.id)


def _write(
    action: Action,
    ports: Ports,
    transition: Callable[[DetailedTask | None], DetailedTask],
    extra: Callable[[DetailedTask], Mapping[str, Any]] = lambda _after: {},
) -> Observation:
    for _ in range(_ROUNDS):
        before = ports.tasks.get(action.target.id)
        try:
            after = transition(before)
        except PermanentError:
            # A write that was acknowledged to nobody makes its own second attempt look impossible.
            if (earlier := ports.tasks.applied(action.id)) is not None:
                return earlier
            raise
        observed = {
            "task_id": after.id,
            "version": after.version,
            "rice": after.scores.rice,
            "wsjf": after.scores.wsjf,
            "rescored": before is None or after.scores != before.scores,
            **extra(after),
        }
        try:
            return ports.tasks.apply(
                after, expected=before.version if before else 0, action_id=action.id, observed=observed
            )
        except ConflictError:
            continue
    raise ContendedError(f"task {action.target.id} kept changing")


def _existing(before: DetailedTask | None, action: Action) -> DetailedTask:
    if before is None:
        raise PermanentError(f"no task {action.target.id}", code="not_found", field="task_id")
    return before


def _at(action: Action) -> datetime:
    return datetime.fromisoformat(str(action.parameters["at"]))


def _ids(action: Action) -> list[str]:
    ids = action.parameters["tasks"]
    return [str(task_id) for task_id in ids] if isinstance(ids, list) else []


def _announce_occurrence(action: Action, observed: Observation) -> Sequence[EventData]:
    sighting = read(Sighting, action.parameters["sighting"], "sighting")
    if observed["version"] == 1:
        return [BacklogTaskAdded(task_id=action.target.id, title=sighting.title, origin=sighting.event_type)]
    return [
        BacklogTaskStrengthened.model_validate(
            {
                "task_id": action.target.id,
                "occurrences": observed["occurrences"],
                "evidence": sighting.event_id,
            }
        )
    ]


def _announce_added(action: Action, _observed: Observation) -> Sequence[EventData]:
    draft = read(Draft, action.parameters["task"], "task")
    return [BacklogTaskAdded(task_id=action.target.id, title=draft.title, origin="TaskSubmitted.v1")]


def _announce_changed(action: Action, observed: Observation) -> Sequence[EventData]:
    news: list[EventData] = []
    if observed["rescored"]:
        news.append(_scored(action.target.id, "rice", observed["rice"]))
    if observed.get("retired"):
        news.append(BacklogTaskRetired(task_id=action.target.id, reason=action.reason))
    return news


def _announce_scored(action: Action, observed: Observation) -> Sequence[EventData]:
    method = str(action.parameters["method"])
    return [_scored(action.target.id, method, observed[method])]


def _announce_rescored(_action: Action, observed: Observation) -> Sequence[EventData]:
    scores = observed["scores"]
    if not isinstance(scores, Mapping):
        return []
    return [_scored(str(task_id), "rice", score) for task_id, score in sorted(scores.items())]


def _announce_retired(action: Action, _observed: Observation) -> Sequence[EventData]:
    return [BacklogTaskRetired(task_id=action.target.id, reason=action.reason)]


def _scored(task_id: str, method: str, score: object) -> EventData:
    return BacklogTaskScored.model_validate({"task_id": task_id, "score": score, "method": method})


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "record-occurrence": Effect(record_occurrence, observe, _announce_occurrence),
    "add-task": Effect(add_task, observe, _announce_added),
    "change-task": Effect(change_task, observe, _announce_changed),
    "score-task": Effect(score_task, observe, _announce_scored),
    "rescore": Effect(rescore, observe, _announce_rescored),
    "retire-task": Effect(retire_task, observe, _announce_retired),
}
