"""Where tasks are kept, as the backlog needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from functions.backlog.score import Method
from functions.backlog.task import DetailedTask, Id, Source, Status, Task, Value

Order = Literal["score", "updated"]


@dataclass(frozen=True, slots=True)
class Query:
    """Which tasks, in which order. Scores are by `method`; `text` is looked for whatever its case."""

    order: Order = "score"
    descending: bool = True
    method: Method = "rice"
    status: Status | None = None
    owner: str | None = None
    source: Source | None = None
    min_score: float | None = None
    text: str | None = None


class Place(Value):
    """A place in an order: after the task `id` whose score or instant of update is `value`."""

    id: Id
    value: Annotated[float, Field(ge=0, le=1e12)] | Annotated[str, Field(min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True)
class Page:
    """Some tasks, and the place to go on from. A page may be short, even empty, and not the last."""

    tasks: Sequence[Task]
    rest: Place | None


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

    def page(self, query: Query, limit: int, after: Place | None) -> Page:
        """At most `limit` tasks, after a place in the query's order."""
