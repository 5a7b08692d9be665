"""What the plan must know: the task an event is about, or for a schedule the tasks that are open."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from functions.backlog.task import OPEN, DetailedTask, Task, task_id
from writ.contracts.event import AnyEvent
from writ.contracts.events.backlog import TaskCommand
from writ.contracts.events.platform import ScheduleTicked

if TYPE_CHECKING:
    from functions.backlog.ports import Ports


class Facts(BaseModel):
    """`task` is None where there is none yet; `open_tasks` is filled for schedules only."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    task: DetailedTask | None = None
    open_tasks: tuple[Task, ...] = ()


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Read the facts of an event."""
    if isinstance(event.data, ScheduleTicked):
        return Facts(open_tasks=tuple(task for status in OPEN for task in ports.tasks.having(status)))
    if isinstance(event.data, TaskCommand):
        return Facts(task=ports.tasks.get(event.data.task_id))
    from functions.backlog.sources import sighting  # the only use of GitHub's events

    found = sighting(event)
    return Facts(task=ports.tasks.get(task_id(found.dedup_key)) if found else None)
