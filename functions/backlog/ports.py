"""What the backlog needs from outside: its table."""

from __future__ import annotations

from dataclasses import dataclass

from functions.backlog.store import TaskStore
from functions.backlog.table import TaskTable
from writ.runtime.environment import Environment


@dataclass(frozen=True, slots=True)
class Ports:
    """The backlog's own ports."""

    tasks: TaskStore


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    return Ports(tasks=TaskTable(environment.table("backlog")))
