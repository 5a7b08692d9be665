"""What a pull request asks for by its label and its commits. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from functions.preview.actions import BOT, action, close, extension, quota_of
from functions.preview.facts import Facts
from functions.preview.model import Preview, Terms, asks, cost, preview_id
from writ.contracts.action import Action, Target
from writ.contracts.event import AnyEvent
from writ.contracts.events.github import (
    PullRequest,
    PullRequestChanged,
    PullRequestClosed,
    PullRequestLabelled,
    PullRequestMerged,
)

# Changes that say nothing of what is to be shown: assigned, edited, locked, a review is wanted and so on.
_TELLING: Final = frozenset({"synchronize", "unlabeled", "ready_for_review"})


def answer(event: AnyEvent, asked: PullRequest, facts: Facts, now: datetime) -> Iterator[Action]:
    """Open a preview, let it follow the commits, extend it by activity, close it with the pull request."""
    preview = facts.preview if facts.preview is not None and facts.preview.live else None
    up = preview is not None and preview.goal.way == "up"
    match asked:
        case PullRequestMerged() | PullRequestClosed():
            if preview is not None and up:
                reason = (
                    "its pull request is merged"
                    if isinstance(asked, PullRequestMerged)
                    else "its pull request is closed"
                )
                yield close(event, preview.id, reason)
            return
        case PullRequestChanged() if asked.action not in _TELLING:
            return
    if asked.state != "open":  # one that is over can still be labelled and edited
        return
    terms = facts.terms
    if terms is None or not asks(asked, terms):
        if preview is not None and up:
            yield close(event, preview.id, "its label was taken away")
        return
    if preview is None and not facts.enabled:  # what is there lives on until its time is over
        return
    opening = _opening(event, asked, facts, terms)
    if preview is None or not up or preview.goal.by == opening.id:  # this event has opened it already
        yield opening
        return
    yield from _followed(event, asked, preview)
    if _is_activity(asked, terms):
        yield from extension(event, facts, "Somebody works on it", now)


def _opening(event: AnyEvent, asked: PullRequest, facts: Facts, terms: Terms) -> Action:
    """`quotas` are what policy decides by: how many there are, and what they cost until they are over."""
    id = preview_id(asked.repository, asked.number)
    others = {each: costs for each, costs in facts.held.items() if each != id}
    quotas = [
        quota_of(f"previews of {terms.team}", used=len(others), adds=1, limit=terms.quota.previews),
        quota_of(
            f"millionths of a dollar for previews of {terms.team}",
            used=sum(others.values()),
            adds=cost(terms.usd_micros_per_hour, timedelta(seconds=terms.lifetime.first_s)),
            limit=terms.quota.usd_micros,
        ),
    ]
    parameters: dict[str, Any] = {
        "repository": asked.repository,
        "pull_request": asked.number,
        "commit": asked.head_sha,
        "terms": terms.model_dump(mode="json"),
        "origin": _origin(asked),
        "quotas": quotas,
    }
    reason = "Every pull request has one" if terms.always else f"It is labelled {terms.label}"
    target = Target(kind="pull-request", id=f"{asked.repository}#{asked.number}")
    return Action.of(BOT, "open-preview", target, reason=reason, once_per=(event.id,), parameters=parameters)


def _followed(event: AnyEvent, asked: PullRequest, preview: Preview) -> Iterator[Action]:
    if asked.head_sha != preview.goal.commit:
        reason = f"Commit {asked.head_sha[:12]} was pushed"
        parameters = {"commit": asked.head_sha, "origin": _origin(asked)}
        yield action(event, "update-preview", preview.id, reason, parameters)


def _origin(asked: PullRequest) -> str:
    """Whose code it is, for policy: one of a fork was written by whoever could open a pull request."""
    if asked.fork is None:
        return "unknown"
    return "fork" if asked.fork else "own"


def _is_activity(asked: PullRequest, terms: Terms) -> bool:
    if isinstance(asked, PullRequestLabelled):
        return asked.label == terms.label
    return isinstance(asked, PullRequestChanged) and asked.action == "synchronize"
