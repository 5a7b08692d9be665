"""What happened to the tasks of the bot backlog, and what callers of its API asked for."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from writ.contracts.event import EventData, event

TaskId = Annotated[str, Field(min_length=1, max_length=128, examples=["task-4711"])]
Title = Annotated[str, Field(min_length=1, max_length=300, examples=["Publish the package by hand"])]
Person = Annotated[str, Field(min_length=1, max_length=128, examples=["operator"])]
Text = Annotated[str, Field(min_length=1, max_length=1000, examples=["Done by a bot since May"])]
Fields = Annotated[dict[str, JsonValue], Field(examples=[{"minutes_each": 15}])]


class TaskData(EventData):
    task_id: TaskId


@event("backlog")
class BacklogTaskAdded(TaskData):
    """A repetitive task is on the list for the first time."""

    title: Title
    origin: Annotated[str, Field(min_length=1, max_length=128, examples=["CheckFailed.v1"])]


@event("backlog")
class BacklogTaskStrengthened(TaskData):
    """The same task was seen again, `occurrences` times by now."""

    occurrences: Annotated[int, Field(ge=1, examples=[3])]
    evidence: Annotated[str, Field(min_length=1, max_length=128, examples=["gh-72d3162e-cc78-11e3"])]


@event("backlog")
class BacklogTaskScored(TaskData):
    score: Annotated[float, Field(ge=0, examples=[42.5])]
    method: Literal["rice", "wsjf"]


@event("backlog")
class BacklogTaskRetired(TaskData):
    reason: Text


class TaskCommand(EventData):
    """Something a caller asked for; `actor` is who."""

    task_id: TaskId
    actor: Person


@event("backlog")
class TaskSubmitted(TaskCommand):
    """A caller wants the task on the list; `task` holds its fields."""

    task: Fields


@event("backlog")
class TaskChangeRequested(TaskCommand):
    """A caller wants `changes`, made to version `version` of the task."""

    version: Annotated[int, Field(ge=1, examples=[1])]
    changes: Fields


@event("backlog")
class TaskScoreRequested(TaskCommand):
    """A caller wants the task scored."""

    method: Literal["rice", "wsjf"] = "rice"
