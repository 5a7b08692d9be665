"""When the pr bot has something to post, and what. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from functions.pr.facts import Facts
from functions.pr.markdown import quoted
from functions.pr.note import Note, Pull, stamp
from writ.contracts.action import Action, Target
from writ.contracts.event import AnyEvent
from writ.contracts.events.forge import PullRequestNoted

BOT: Final = "pr"


def plan(event: AnyEvent, facts: Facts, _now: datetime) -> list[Action]:
    """The note of an event, unless a later one of its topic is kept already."""
    data = event.data
    if not isinstance(data, PullRequestNoted):
        return []
    pull = Pull(repository=data.repository, number=data.pull_request)
    note = Note(topic=data.topic, text=quoted(data.text), stamp=stamp(data.noted_at, event.id))
    if facts.newest is not None and facts.newest > note.stamp:
        return []
    return [
        Action.of(
            BOT,
            "post-note",
            Target(kind="pull-request", id=pull.key),
            reason=f"{event.meta.producer} has something to say about {data.topic}",
            once_per=(event.id,),
            parameters={"pull": pull.model_dump(), "note": note.model_dump()},
        )
    ]
