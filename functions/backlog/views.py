"""Tasks as callers see them, by version."""

from __future__ import annotations

import re
from typing import Any

from functions.backlog.score import Method
from functions.backlog.store import TaskStore
from functions.backlog.task import DetailedTask, Task
from writ.contracts.errors import NotFoundError
from writ.runtime.rest import Request, Response


def present(task: Task, method: Method = "rice") -> dict[str, Any]:
    """A task with the score by one method, and what the score is made of."""
    figures = task.figures()
    return {
        **task.model_dump(mode="json", exclude={"days"}),
        "score": getattr(task.scores, method),
        "method": method,
        "times_per_month": round(figures.times_per_month, 2),
        "hours_per_month": round(figures.hours_per_month, 2),
        "confidence": figures.confidence,
    }


def etag(task: Task) -> str:
    """The strong ETag of a task's version."""
    return f'"{task.version}"'


def shown(
    task: DetailedTask, method: Method = "rice", status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The answer that is one task."""
    return Response(present(task, method), status, {"ETag": etag(task), **(headers or {})})


def find(request: Request, tasks: TaskStore) -> DetailedTask:
    """The task that the path names. Raises NotFoundError."""
    id = request.path["id"]
    task = tasks.get(id) if re.fullmatch(r"[a-z0-9-]{1,64}", id) else None
    if task is None:
        raise NotFoundError("no such task", field="id")
    return task
