"""When the pr bot has something to post, and what. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from functions.pr.check import GATES, Place, Report
from functions.pr.facts import Facts
from functions.pr.gate_check import report
from functions.pr.markdown import quoted
from functions.pr.note import Note, Pull, stamp
from functions.pr.pull_plan import actions
from writ.contracts.action import Action, Target
from writ.contracts.event import AnyEvent
from writ.contracts.events.forge import PullRequestNoted
from writ.contracts.events.gates import GateResultRecorded

BOT: Final = "pr"


def plan(event: AnyEvent, facts: Facts, _now: datetime) -> list[Action]:
    """What an event has to say, unless something later is kept, and what follows for pull requests."""
    data = event.data
    if isinstance(data, PullRequestNoted):
        return _noted(event, data, facts)
    own = _judged(data, facts) if isinstance(data, GateResultRecorded) else []
    return [*own, *(action for pull in facts.pulls for action in actions(event, pull))]


def _noted(event: AnyEvent, data: PullRequestNoted, facts: Facts) -> list[Action]:
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


def _judged(data: GateResultRecorded, facts: Facts) -> list[Action]:
    """A result of a commit in a repository of the forge; others have nowhere to be shown."""
    if data.commit is None or "/" not in data.repository:
        return []
    place = Place(repository=data.repository, sha=data.commit, name=GATES)
    reason = f"gates found {data.verdict} for {data.commit[:12]}, with {data.total} violations"
    return [_reported(place, report(data, facts.rules), reason, data.report)]


def _reported(place: Place, said: Report, reason: str, once: str) -> Action:
    return Action.of(
        BOT,
        "report-check",
        Target(kind="check-run", id=f"{place.key}#{place.name}"),
        reason=reason,
        once_per=(once,),
        parameters={"place": place.model_dump(), "report": said.model_dump(mode="json")},
    )
