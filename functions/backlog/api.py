"""REST routes of the backlog. Reads go to the table; what changes a task is an event through the loop."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, TypeVar, get_args

from functions.backlog import cursor, leaderboard, views
from functions.backlog.ports import Ports, connect
from functions.backlog.score import Method
from functions.backlog.store import Query
from functions.backlog.task import OPEN, Source, Status
from writ.contracts.errors import ContractError
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("backlog")
handler = api.handler

METHODS: Final[tuple[Method, ...]] = get_args(Method)
_FILTERS: Final = ("cursor", "limit", "method", "min_score", "owner", "q", "sort", "source", "status")


@api.get("/v1/backlog")
def list_tasks(request: Request) -> Response:
    """Tasks by score or by update, filtered, a page at a time."""
    query = _query(request)
    limit = request.integer("limit", 20, low=1, high=100)
    text = request.query.get("cursor")
    page = _ports().tasks.page(query, limit, cursor.resume(query, text) if text is not None else None)
    return Response(
        {
            "items": [views.present(task, query.method) for task in page.tasks],
            "next_cursor": cursor.issue(query, page.rest) if page.rest else None,
        }
    )


@api.get("/v1/backlog/leaderboard")
def show_leaderboard(request: Request) -> Response:
    """Hours saved a month, and hours that could be: the best tasks, bots and owners."""
    limit = request.integer("limit", 10, low=1, high=100)
    tasks = [task for status in OPEN for task in _ports().tasks.having(status)]
    return Response(leaderboard.leaderboard(tasks, limit))


@api.get("/v1/backlog/{id}")
def show_task(request: Request) -> Response:
    """One task with its evidence and its scores."""
    task = views.find(request, _ports().tasks)
    if request.headers.get("if-none-match") == views.etag(task):
        return Response(None, 304, {"ETag": views.etag(task)})
    return views.shown(task)


@api.post("/v1/backlog")
def add_task(request: Request) -> Response:
    """Put a task on the list; 409 names the one that is there already."""
    from functions.backlog import commands

    return commands.add(request, _ports().tasks)


@api.patch("/v1/backlog/{id}")
def change_task(request: Request) -> Response:
    """Change fields of the version that If-Match names."""
    from functions.backlog import commands

    return commands.change(request, _ports().tasks)


@api.post("/v1/backlog/{id}/score")
def score_task(request: Request) -> Response:
    """Score the task now and remember it; the answer shows the score by the method asked for."""
    from functions.backlog import commands

    return commands.score(request, _ports().tasks)


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


@cache
def _ports() -> Ports:
    return connect(current())
