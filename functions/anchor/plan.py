"""When the anchor bot posts, and what. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from functions.anchor.facts import Facts
from functions.anchor.memory import Post
from writ.contracts.action import Action, Target
from writ.contracts.anchor import context_of, describe
from writ.contracts.event import AnyEvent
from writ.contracts.events.platform import ScheduleTicked

BOT: Final = "anchor"


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The post that a tick calls for: none unless the log has grown by more than its own last post."""
    if facts.site is None or facts.head is None or not isinstance(event.data, ScheduleTicked):
        return []
    if facts.must_wait(now):
        return []
    if (begun := facts.unsettled(event.id)) is not None:
        return [_post(begun, facts)]
    if facts.commit is None or not facts.is_due(now):
        return []
    post = Post(
        tick=event.id,
        repository=facts.site.repository,
        commit=facts.commit,
        size=facts.head.size,
        root=facts.head.root,
    )
    return [_post(post, facts)]


def _post(post: Post, facts: Facts) -> Action:
    return Action.of(
        BOT,
        "post-checkpoint",
        # By its digest people find who posted a root, and a fork of the log is a post of its own.
        Target(kind="checkpoint", id=facts.origin, digest=post.root),
        reason=f"the log has {post.size} entries, and {facts.memory.posted} of them are covered outside",
        once_per=(str(post.size),),
        parameters={
            **post.model_dump(),
            "context": context_of(facts.origin),
            "description": describe(post.size, bytes.fromhex(post.root)),
        },
    )
