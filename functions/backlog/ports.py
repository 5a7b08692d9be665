"""What the backlog needs from outside: a table of tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from functions.backlog.score import Method
from functions.backlog.task import DetailedTask, Status, Task

if TYPE_CHECKING:
    from writ.runtime.environment import Environment

Order = Literal["rice", "wsjf", "updated"]
Key = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """Which tasks, in which order. `min_score` is a score by `method`; `text` is looked for in any case."""

    order: Order = "rice"
    descending: bool = True
    method: Method = "rice"
    status: Status | None = None
    owner: str | None = None
    source: str | None = None
    min_score: float | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some tasks, and the key to go on from. A page may be short, even empty, and not the last."""

    tasks: Sequence[Task]
    next_key: Key | None


class TaskStore(Protocol):
    """Tasks, and for good the effects that made them so."""

    def get(self, task_id: str) -> DetailedTask | None:
        """Strongly consistent read."""

    def applied(self, action_id: str) -> Mapping[str, Any] | None:
        """What an action's effect left behind, or None when it never happened; strongly consistent."""

    def apply(
        self, task: DetailedTask, *, expected: int, action_id: str, observed: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Write the task over version `expected` (0: there is none) and mark the effect, both or neither.

        Returns what the effect left behind: `observed`, or what it was when it had happened before.
        Raises ConflictError when the task is at another version.
        """

    def replace(self, task: DetailedTask, *, expected: int) -> None:
        """Write the task over version `expected`. Raises ConflictError when it is at another one."""

    def mark(self, action_id: str, observed: Mapping[str, Any]) -> Mapping[str, Any]:
        """Mark an effect that is more than one write, once; returns the first mark."""

    def having(self, status: Status) -> Sequence[Task]:
        """All tasks of a status, best RICE score first."""

    def page(self, query: Query, limit: int, start: Key | None) -> Page:
        """At most `limit` tasks after `start`."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The backlog's own ports."""

    tasks: TaskStore


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    from functions.backlog.table import TaskTable

    return Ports(tasks=TaskTable(environment.table("backlog")))
