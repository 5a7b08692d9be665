"""REST routes of the backlog. Reads go to the table; what changes a task is an event through the loop."""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar, get_args

from functions.backlog import cursor, leaderboard, lifecycle
from functions.backlog.facts import OPEN
from functions.backlog.handler import bot
from functions.backlog.score import Method
from functions.backlog.store import Query
from functions.backlog.task import (
    Changes,
    DetailedTask,
    Draft,
    Source,
    Status,
    Task,
    Value,
    person_key,
    read,
    task_id,
)
from writ.contracts.errors import ConflictError, ContractError, NotFoundError, WritError
from writ.contracts.event import EventData
from writ.contracts.events.backlog import TaskChangeRequested, TaskScoreRequested, TaskSubmitted
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Api, Request, Response

api = Api("backlog")
handler = api.handler

METHODS: Final[tuple[Method, ...]] = get_args(Method)
_FILTERS: Final = ("cursor", "limit", "method", "min_score", "owner", "q", "sort", "source", "status")
_STRONG: Final = re.compile(r'"([1-9][0-9]{0,15})"')


class ScoreRequest(Value):
    method: Method = "rice"


@api.get("/v1/backlog")
def list_tasks(request: Request) -> Response:
    """Tasks by score or by update, filtered, a page at a time."""
    query = _query(request)
    limit = request.integer("limit", 20, low=1, high=100)
    text = request.query.get("cursor")
    page = _tasks().page(query, limit, cursor.resume(query, text) if text is not None else None)
    return Response(
        {
            "items": [present(task, query.method) for task in page.tasks],
            "next_cursor": cursor.issue(query, page.rest) if page.rest else None,
        }
    )


@api.get("/v1/backlog/leaderboard")
def show_leaderboard(request: Request) -> Response:
    """Hours saved a month, and hours that could be: the best tasks, bots and owners."""
    limit = request.integer("limit", 10, low=1, high=100)
    tasks = [task for status in OPEN for task in _tasks().having(status)]
    return Response(leaderboard.leaderboard(tasks, limit))


@api.get("/v1/backlog/{id}")
def show_task(request: Request) -> Response:
    """One task with its evidence and its scores."""
    task = _task(request)
    if request.headers.get("if-none-match") == _etag(task):
        return Response(None, 304, {"ETag": _etag(task)})
    return _answer(task)


@api.post("/v1/backlog")
def add_task(request: Request) -> Response:
    """Put a task on the list; 409 names the one that is there already."""
    body = request.json()
    draft = read(Draft, body, "body")
    id = task_id(person_key(draft.owner, draft.title))
    if _tasks().get(id) is not None:
        raise ConflictError(f"the task is on the list as {id}", field="title")
    return _run(request, TaskSubmitted(task_id=id, actor=_actor(request), task=body), id, status=201)


@api.patch("/v1/backlog/{id}")
def change_task(request: Request) -> Response:
    """Change fields of the version that If-Match names."""
    body = request.json()
    changes = read(Changes, body, "body")
    version = _if_match(request)
    if version is None:
        raise WritError("If-Match is missing", code="precondition_required", field="If-Match")
    task = _task(request)
    _require(task, version)
    lifecycle.changed(task, changes, task.updated_at)
    command = TaskChangeRequested(task_id=task.id, actor=_actor(request), version=version, changes=body)
    return _run(request, command, task.id)


@api.post("/v1/backlog/{id}/score")
def score_task(request: Request) -> Response:
    """Score the task now and remember it; the answer shows the score by the method asked for."""
    asked = read(ScoreRequest, request.json() if request.raw else {}, "body")
    version = _if_match(request)
    task = _task(request)
    if version is not None:
        _require(task, version)
    command = TaskScoreRequested(task_id=task.id, actor=_actor(request), method=asked.method)
    return _run(request, command, task.id, method=asked.method)


def present(task: Task, method: Method = "rice") -> dict[str, Any]:
    """A task as callers see it: with the score by one method, and what the score is made of."""
    figures = task.figures()
    return {
        **task.model_dump(mode="json", exclude={"days"}),
        "score": getattr(task.scores, method),
        "method": method,
        "times_per_month": round(figures.times_per_month, 2),
        "hours_per_month": round(figures.hours_per_month, 2),
        "confidence": figures.confidence,
    }


def _run(
    request: Request, command: EventData, id: str, *, status: int = 200, method: Method = "rice"
) -> Response:
    """Take a command through the loop and answer with what became of the task."""
    record = carry_out(bot, request, command, field="id")
    if record.outcome is None:
        return answer(record, None)
    task = _tasks().get(id)
    if task is None:
        raise NotFoundError(f"no task {id}", field="id")
    location = {"Location": f"/v1/backlog/{id}"} if status == 201 else {}
    return _answer(task, method, status, {**location, "Writ-Action": record.action.id})


def _query(request: Request) -> Query:
    given = request.query
    request.only(_FILTERS, "filter")
    sort = _one_of(given, "sort", ("-score", "score", "-updated", "updated"), "-score")
    return Query(
        order="updated" if sort.endswith("updated") else "score",
        descending=sort.startswith("-"),
        method=_one_of(given, "method", METHODS, "rice"),
        status=Status(_one_of(given, "status", tuple(Status), "")) if "status" in given else None,
        owner=_text(given, "owner", 64),
        source=Source(_one_of(given, "source", tuple(Source), "")) if "source" in given else None,
        min_score=_min_score(given.get("min_score")),
        text=_text(given, "q", 100),
    )


ChoiceT = TypeVar("ChoiceT", bound=str)


def _one_of(given: Any, name: str, choices: tuple[ChoiceT, ...], default: ChoiceT) -> ChoiceT:
    if name not in given:
        return default
    for choice in choices:
        if choice == given[name]:
            return choice
    raise ContractError(f"{name} is one of {', '.join(choices)}", field=name)


def _text(given: Any, name: str, longest: int) -> str | None:
    value = given.get(name)
    if value is None:
        return None
    if not 0 < len(value) <= longest:
        raise ContractError(f"{name} has 1 to {longest} characters", field=name)
    return str(value)


def _min_score(text: str | None) -> float | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text, re.ASCII):
        raise ContractError("min_score is a number from 0, such as 12.5", field="min_score")
    return float(text)


def _actor(request: Request) -> str:
    return request.caller.name[:128]


def _tasks() -> Any:
    return bot.wiring.ports.tasks


def _task(request: Request) -> DetailedTask:
    task: DetailedTask | None = None
    if re.fullmatch(r"[a-z0-9-]{1,64}", request.path["id"]):
        task = _tasks().get(request.path["id"])
    if task is None:
        raise NotFoundError("no such task", field="id")
    return task


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


def _etag(task: Task) -> str:
    return f'"{task.version}"'


def _answer(
    task: DetailedTask, method: Method = "rice", status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return Response(present(task, method), status, {"ETag": _etag(task), **(headers or {})})
