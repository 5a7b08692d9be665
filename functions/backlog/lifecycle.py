"""Everything that can happen to a task, as pure functions of the task before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from functions.backlog import score
from functions.backlog.task import (
    KEPT,
    Changes,
    DetailedTask,
    Draft,
    Evidence,
    Frequency,
    Scored,
    Scores,
    Sighting,
    Source,
    Status,
    person_key,
    task_id,
)
from writ.contracts.errors import ContractError

WINDOW: Final = timedelta(days=30)


def submitted(draft: Draft, at: datetime) -> DetailedTask:
    """The first version of a task that a person put on the list."""
    key = person_key(draft.owner, draft.title)
    task = DetailedTask(
        **dict(draft),
        id=task_id(key),
        source=Source.PERSON,
        dedup_key=key,
        last_seen=at,
        created_at=at,
        updated_at=at,
    )
    return _scored(task, at, "submitted")


def seen(before: DetailedTask | None, sighting: Sighting, at: datetime) -> DetailedTask:
    """The task with one more occurrence; its first version when it was never seen before.

    A retired task that is seen again is a candidate again.
    """
    task = before or _discovered(sighting, at)
    day = sighting.at.astimezone(UTC).date().isoformat()
    evidence = Evidence(
        event_id=sighting.event_id, event_type=sighting.event_type, fact=sighting.fact, at=sighting.at
    )
    after = task.model_copy(
        update={
            "occurrences": task.occurrences + 1,
            "days": {**task.days, day: task.days.get(day, 0) + 1},
            "evidence": (*task.evidence, evidence)[-KEPT:],
            "last_seen": max(task.last_seen, sighting.at),
            "status": Status.CANDIDATE if task.status is Status.RETIRED else task.status,
            "version": task.version + 1 if before else 1,
            "updated_at": max(task.updated_at, at),
        }
    )
    return _scored(after, at, f"seen in {sighting.event_type}")


def changed(before: DetailedTask, changes: Changes, at: datetime) -> DetailedTask:
    """The task with a person's changes.

    Raises ContractError when an automated task would have no bot. A task without a stated frequency
    keeps the observed one when it is automated: from then on there is nothing more to observe.
    """
    update: dict[str, Any] = {name: getattr(changes, name) for name in changes.model_fields_set}
    after = before.model_copy(
        update={**update, "version": before.version + 1, "updated_at": max(before.updated_at, at)}
    )
    if after.status is Status.AUTOMATED:
        if after.bot is None:
            raise ContractError("an automated task names the bot that does it", field="bot")
        observed = sum(after.days.values())
        if after.frequency is None and observed:
            after = after.model_copy(update={"frequency": Frequency(count=observed, per="month")})
    return _scored(after, at, "changed: " + ", ".join(sorted(update)))


def rescored(before: DetailedTask, at: datetime, because: str, *, always: bool = False) -> DetailedTask:
    """The task scored as of `at`; the very same task when nothing differs, unless `always`."""
    after = _scored(before, at, because, always=always)
    if after.days == before.days and after.history == before.history:
        return before
    return after.model_copy(update={"version": before.version + 1, "updated_at": max(before.updated_at, at)})


def retired(before: DetailedTask, at: datetime) -> DetailedTask:
    return before.model_copy(
        update={
            "status": Status.RETIRED,
            "version": before.version + 1,
            "updated_at": max(before.updated_at, at),
        }
    )


def within_window(days: dict[str, int], at: datetime) -> dict[str, int]:
    """The days that still count at an instant: the last 30, and any after it."""
    oldest = (at.astimezone(UTC) - WINDOW).date().isoformat()
    return {day: count for day, count in sorted(days.items()) if day > oldest}


def _discovered(sighting: Sighting, at: datetime) -> DetailedTask:
    return DetailedTask(
        id=task_id(sighting.dedup_key),
        title=sighting.title,
        source=sighting.source,
        dedup_key=sighting.dedup_key,
        repository=sighting.repository,
        owner=sighting.owner,
        minutes_each=sighting.minutes_each,
        effort=sighting.effort,
        last_seen=sighting.at,
        created_at=at,
        updated_at=at,
    )


def _scored(task: DetailedTask, at: datetime, because: str, *, always: bool = False) -> DetailedTask:
    current = task.model_copy(update={"days": within_window(task.days, at)})
    figures = current.figures()
    scores = Scores(rice=score.rice(figures), wsjf=score.wsjf(figures))
    update: dict[str, Any] = {"scores": scores, "quadrant": score.quadrant(figures)}
    if always or scores != task.scores or not task.history:
        entry = Scored(at=at, rice=scores.rice, wsjf=scores.wsjf, because=because)
        update["history"] = (*task.history, entry)[-KEPT:]
    return current.model_copy(update=update)
