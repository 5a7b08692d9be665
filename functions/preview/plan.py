"""What the preview bot does about a pull request, a command, a step of its flow or a tick. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from functions.preview.actions import BOT, action, close, extension
from functions.preview.facts import Facts, Watched
from functions.preview.model import State, preview_id
from functions.preview.stages import next_action
from functions.preview.wishes import answer
from writ.contracts.action import Action, Target
from writ.contracts.errors import ConflictError, NotFoundError
from writ.contracts.event import AnyEvent
from writ.contracts.events.actions import ActionCompleted
from writ.contracts.events.github import PullRequest
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.events.previews import (
    PreviewAdvanced,
    PreviewExtensionRequested,
    PreviewRemovalRequested,
)

AT_ONCE: Final = 20
# A flow is started right after its goal is written; one that is missing for so long was not.
STUCK: Final = timedelta(minutes=2)
# Building is given up after so many flows; removing never is.
ATTEMPTS: Final = 3
_LONGEST_WAIT: Final = 6  # a power of two, in minutes


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:  # noqa: PLR0911 - a kind each
    """The actions that an event calls for.

    Raises NotFoundError for a preview that is not there, ConflictError `conflict.superseded` for a step
    towards a goal that is not the goal any more.
    """
    match event.data:
        case PullRequest() as pull_request:
            return list(answer(event, pull_request, facts, now))
        case PreviewExtensionRequested() as command:
            _require_live(facts)
            reason = f"{command.by or 'somebody'} wants it to live on"
            return list(extension(event, facts, reason, now))
        case PreviewRemovalRequested() as command:
            _require_live(facts)
            return [close(event, command.preview, command.reason)]
        case PreviewAdvanced() as step:
            preview = facts.preview
            if preview is None or preview.goal.number != step.goal:
                message = f"{step.preview} is to be somewhere else by now"
                raise ConflictError(message, code="conflict.superseded", field="goal")
            return list(next_action(event, step, preview, facts.stack))
        case ActionCompleted():
            return list(_report(event, facts))
        case ScheduleTicked():
            return list(islice(_swept(event, facts, now), AT_ONCE))
        case _:
            return []


def _require_live(facts: Facts) -> None:
    if facts.preview is None or not facts.preview.live:
        raise NotFoundError("there is no preview of this id", field="id")


def _report(event: AnyEvent, facts: Facts) -> Iterator[Action]:
    if (refusal := facts.refusal) is not None:
        id = preview_id(refusal.repository, refusal.pull_request)
        yield action(event, "report-refusal", id, "Policy refused it", refusal.model_dump(mode="json"))


def _swept(event: AnyEvent, facts: Facts, now: datetime) -> Iterator[Action]:
    for watched in facts.watched:
        yield from _seen_to(event, watched, now)
    for name in sorted(facts.orphans):
        target = Target(kind="stack", id=name)
        reason = "Its tags say that it is a preview, and no preview stands for it"
        yield Action.of(BOT, "sweep-stack", target, reason=reason, once_per=(event.id,))


def _seen_to(event: AnyEvent, watched: Watched, now: datetime) -> Iterator[Action]:
    preview, up = watched.preview, watched.preview.goal.way == "up"
    if up and preview.expires_at <= now:
        yield close(event, preview.id, "its time is over")
    elif up and preview.state is State.READY and not watched.there:
        yield close(event, preview.id, "its stack is gone")
    elif not watched.running and now - preview.changed_at >= _patience(watched.attempt):
        if preview.leads_up and watched.attempt >= ATTEMPTS:
            yield close(event, preview.id, f"it was not built in {ATTEMPTS} attempts")
        else:
            parameters = {"attempt": watched.attempt + 1, "goal": preview.goal.number}
            yield action(event, "resume-preview", preview.id, "Its flow came to no end", parameters)


def _patience(attempt: int) -> timedelta:
    return timedelta(minutes=2 ** min(attempt - 1, _LONGEST_WAIT)) if attempt else STUCK
