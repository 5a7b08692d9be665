"""Who saves how many hours a month: tasks, bots and owners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from functions.backlog.task import Status, Task


class Hours(NamedTuple):
    """Hours a month. `saved` by what is automated; `potential` of the rest, weighted by confidence."""

    saved: float
    potential: float

    def __add__(self, other: object) -> Hours:
        if not isinstance(other, Hours):
            return NotImplemented
        return Hours(self.saved + other.saved, self.potential + other.potential)


NOTHING: Final = Hours(0.0, 0.0)
_SHOWN: Final = {"id", "title", "status", "bot", "owner"}


def hours(task: Task) -> Hours:
    """What a task saves, or could save."""
    figures = task.figures()
    if task.status is Status.AUTOMATED:
        return Hours(figures.hours_per_month, 0.0)
    if task.status is Status.RETIRED:
        return NOTHING
    return Hours(0.0, figures.hours_per_month * figures.confidence)


def leaderboard(tasks: Sequence[Task], limit: int) -> dict[str, Any]:
    """The best `limit` tasks, bots and owners: by hours saved, then by potential, then by name."""
    return {
        "total": {**_hours(_total(tasks)), "tasks": len(tasks)},
        "tasks": [
            {**task.model_dump(include=_SHOWN), **_hours(hours(task))}
            for task in sorted(tasks, key=lambda task: _order(hours(task), task.id))[:limit]
        ],
        "bots": _by(tasks, lambda task: task.bot, "bot")[:limit],
        "owners": _by(tasks, lambda task: task.owner, "owner")[:limit],
    }


def _by(tasks: Iterable[Task], name: Callable[[Task], str | None], label: str) -> list[dict[str, Any]]:
    groups: defaultdict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        if (key := name(task)) is not None:
            groups[key].append(task)
    ranked = sorted(groups, key=lambda key: _order(_total(groups[key]), key))
    return [{label: key, **_hours(_total(groups[key])), "tasks": len(groups[key])} for key in ranked]


def _total(tasks: Iterable[Task]) -> Hours:
    return sum((hours(task) for task in tasks), NOTHING)


def _order(value: Hours, name: str) -> tuple[float, float, str]:
    return (-value.saved, -value.potential, name)


def _hours(value: Hours) -> dict[str, float]:
    return {"hours_saved": round(value.saved, 2), "hours_potential": round(value.potential, 2)}
