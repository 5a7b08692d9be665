"""What the backlog does about an event. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from functions.backlog.facts import Facts
from functions.backlog.lifecycle import within_window
from functions.backlog.task import Changes, Draft, Sighting, Status, Task, person_key, read, task_id
from writ.contracts.action import Action, Target
from writ.contracts.errors import ContractError, NotFoundError
from writ.contracts.event import AnyEvent
from writ.contracts.events.backlog import TaskChangeRequested, TaskScoreRequested, TaskSubmitted
from writ.contracts.events.platform import ScheduleTicked

BOT: Final = "backlog"
RESCORED_AT_ONCE: Final = 200
RETIRED_A_DAY: Final = 20
UNSEEN: Final = timedelta(days=90)
DAILY: Final = "rate(1 day)"


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The actions an event calls for.

    Raises ContractError for a command whose fields break their contract, NotFoundError for one about a
    task that does not exist.
    """
    match event.data:
        case TaskSubmitted() as command:
            return [_add(event, command, now)]
        case TaskChangeRequested() | TaskScoreRequested() as command:
            return [_command(event, command, facts, now)]
        case ScheduleTicked(schedule=schedule):
            if schedule == DAILY:
                return _retire(facts.open_tasks, now)
            return _rescore(event, facts.open_tasks, now)
        case _:
            from functions.backlog.sources import sighting  # the only use of GitHub's events

            found = sighting(event)
            if found is None or (facts.task is not None and facts.task.knows(found)):
                return []
            return [_record(found, now)]


def _record(found: Sighting, now: datetime) -> Action:
    """One action adds or strengthens, so that its effect key is the same whatever the facts were."""
    return Action.of(
        BOT,
        "record-occurrence",
        _task(task_id(found.dedup_key)),
        reason=f"{found.event_type} shows repetitive work: {found.title}",
        once_per=(found.fact,),
        parameters={"at": now.isoformat(), "sighting": found.model_dump(mode="json")},
    )


def _add(event: AnyEvent, command: TaskSubmitted, now: datetime) -> Action:
    draft = read(Draft, command.task, "task")
    if command.task_id != task_id(person_key(draft.owner, draft.title)):
        raise ContractError("the id is not the one of this title and owner", field="task_id")
    return Action.of(
        BOT,
        "add-task",
        _task(command.task_id),
        reason=f"{command.actor} put it on the list: {draft.title}",
        once_per=(event.id,),
        parameters={"at": now.isoformat(), "task": draft.model_dump(mode="json", exclude_unset=True)},
    )


def _command(
    event: AnyEvent, command: TaskChangeRequested | TaskScoreRequested, facts: Facts, now: datetime
) -> Action:
    if facts.task is None:
        raise NotFoundError(f"no task {command.task_id}", field="task_id")
    parameters: dict[str, Any] = {"at": now.isoformat()}
    if isinstance(command, TaskChangeRequested):
        changes = read(Changes, command.changes, "changes").model_dump(mode="json", exclude_unset=True)
        name, what = "change-task", "change " + ", ".join(sorted(changes))
        parameters |= {"version": command.version, "changes": changes}
    else:
        name, what = "score-task", f"score it by {command.method}"
        parameters["method"] = command.method
    return Action.of(
        BOT,
        name,
        _task(command.task_id),
        reason=f"{command.actor} asked to {what}",
        once_per=(event.id,),
        parameters=parameters,
    )


def _rescore(event: AnyEvent, tasks: Sequence[Task], now: datetime) -> list[Action]:
    """Occurrences leave the observation window with time, and scores follow."""
    due = sorted(task.id for task in tasks if within_window(task.days, now) != task.days)[:RESCORED_AT_ONCE]
    if not due:
        return []
    action = Action.of(
        BOT,
        "rescore",
        Target(kind="backlog", id="open"),
        reason=f"Occurrences of {len(due)} tasks are more than 30 days old",
        once_per=(event.id,),
        parameters={"at": now.isoformat(), "tasks": due},
        blast_radius=len(due),
    )
    return [action]


def _retire(tasks: Sequence[Task], now: datetime) -> list[Action]:
    """Ask to retire candidates that went unseen.

    The order changes by day: tasks that people decided to keep must not hold up the others for ever.
    """
    today = now.date().isoformat()
    stale = [t for t in tasks if t.status is Status.CANDIDATE and now - t.last_seen >= UNSEEN]
    stale.sort(key=lambda task: hashlib.sha256(f"{today}:{task.id}".encode()).digest())
    return [
        Action.of(
            BOT,
            "retire-task",
            _task(task.id),
            reason=f"Not accepted, not seen since {task.last_seen.date().isoformat()}: {task.title}",
            once_per=(task.last_seen.isoformat(),),
            parameters={"at": now.isoformat(), "last_seen": task.last_seen.isoformat()},
        )
        for task in stale[:RETIRED_A_DAY]
    ]


def _task(task_id: str) -> Target:
    return Target(kind="task", id=task_id)
