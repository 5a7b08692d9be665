"""What a person asks of the backlog: each wish is an event through the loop."""

import re
from typing import Final

from functions.backlog import lifecycle, views
from functions.backlog.handler import bot
from functions.backlog.score import Method
from functions.backlog.store import TaskStore
from functions.backlog.task import Changes, Draft, Task, Value, person_key, read, task_id
from writ.contracts.errors import ConflictError, ContractError, NotFoundError, WritError
from writ.contracts.events.backlog import (
    TaskChangeRequested,
    TaskCommand,
    TaskScoreRequested,
    TaskSubmitted,
)
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response

_STRONG: Final = re.compile(r'"([1-9][0-9]{0,15})"')


class ScoreRequest(Value):
    method: Method = "rice"


def add(request: Request, tasks: TaskStore) -> Response:
    """Put a task on the list. Raises ConflictError that names the one that is there already."""
    body = request.json()
    draft = read(Draft, body, "body")
    id = task_id(person_key(draft.owner, draft.title))
    if tasks.get(id) is not None:
        raise ConflictError(f"the task is on the list as {id}", field="title")
    return _run(request, TaskSubmitted(task_id=id, actor=_actor(request), task=body), tasks, status=201)


def change(request: Request, tasks: TaskStore) -> Response:
    """Change fields of the version that If-Match names."""
    body = request.json()
    changes = read(Changes, body, "body")
    version = _if_match(request)
    if version is None:
        raise WritError("If-Match is missing", code="precondition_required", field="If-Match")
    task = views.find(request, tasks)
    _require(task, version)
    lifecycle.changed(task, changes, task.updated_at)
    command = TaskChangeRequested(task_id=task.id, actor=_actor(request), version=version, changes=body)
    return _run(request, command, tasks)


def score(request: Request, tasks: TaskStore) -> Response:
    """Score the task now, of the version that If-Match names if it names one."""
    asked = read(ScoreRequest, request.json() if request.raw else {}, "body")
    version = _if_match(request)
    task = views.find(request, tasks)
    if version is not None:
        _require(task, version)
    command = TaskScoreRequested(task_id=task.id, actor=_actor(request), method=asked.method)
    return _run(request, command, tasks, method=asked.method)


def _run(
    request: Request, command: TaskCommand, tasks: TaskStore, *, status: int = 200, method: Method = "rice"
) -> Response:
    """Take a command through the loop and answer with what became of the task."""
    record = carry_out(bot, request, command, field="id")
    if record.outcome is None:
        return answer(record, None)
    task = tasks.get(command.task_id)
    if task is None:
        raise NotFoundError(f"no task {command.task_id}", field="id")
    location = {"Location": f"/v1/backlog/{task.id}"} if status == 201 else {}
    return views.shown(task, method, status, {**location, "Writ-Action": record.action.id})


def _actor(request: Request) -> str:
    return request.caller.name[:128]


def _if_match(request: Request) -> int | None:
    value = request.headers.get("if-match")
    if value is None:
        return None
    match = _STRONG.fullmatch(value.strip())
    if match is None:
        raise ContractError('If-Match is one strong ETag, such as "3"', field="If-Match")
    return int(match[1])


def _require(task: Task, version: int) -> None:
    if task.version != version:
        raise WritError(
            f"the task is at version {task.version} by now", code="precondition_failed", field="If-Match"
        )
