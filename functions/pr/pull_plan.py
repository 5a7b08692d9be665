"""What is to be done about a pull request as it stands. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from functions.pr.check import PULL_REQUEST, Place
from functions.pr.markdown import quoted
from functions.pr.note import Note, stamp
from functions.pr.pull_check import TOPIC, report, section
from functions.pr.pull_facts import PullFacts
from writ.contracts.action import Action, Target
from writ.contracts.event import AnyEvent
from writ.pulls.answers import Checked

BOT: Final = "pr"


def actions(event: AnyEvent, facts: PullFacts) -> Iterator[Action]:
    """Say what is new of it, keep whether it waits, and merge it where policy allows that."""
    checked, merging = facts.checked, facts.merging
    waits = facts.open and merging is not None and merging.asked
    if checked is not None:
        yield from _said(event, facts, checked)
    if waits != facts.waiting:
        yield Action.of(
            BOT,
            "await-merge",
            _target(facts),
            reason="a merge by policy was asked for" if waits else "nobody waits for a merge any more",
            once_per=(event.id,),
            parameters={"pull": facts.pull.model_dump(), "waiting": waits},
        )
    if facts.open and merging is not None and merging.may:
        yield _merge(facts)


def _said(event: AnyEvent, facts: PullFacts, checked: Checked) -> Iterator[Action]:
    at = stamp(facts.read_at, event.id)
    place = Place(repository=facts.pull.repository, sha=facts.head, name=PULL_REQUEST)
    said = report(facts, checked, at)
    if not said.says(facts.shown):
        yield Action.of(
            BOT,
            "report-check",
            Target(kind="check-run", id=f"{place.key}#{place.name}"),
            reason=f"{facts.pull.key} stands otherwise: {said.title}"[:1000],
            once_per=(event.id,),
            parameters={"place": place.model_dump(), "report": said.model_dump(mode="json")},
        )
    text = quoted(section(facts, checked))
    if facts.said is None or facts.said.text != text:
        note = Note(topic=TOPIC, text=text, stamp=at)
        yield Action.of(
            BOT,
            "post-note",
            _target(facts),
            reason=f"{facts.pull.key} stands otherwise at {facts.head[:12]}",
            once_per=(event.id, TOPIC),
            parameters={"pull": facts.pull.model_dump(), "note": note.model_dump()},
        )


def _merge(facts: PullFacts) -> Action:
    """One head of a pull request is merged once, whoever and however often asks."""
    risk = facts.checked.risk if facts.checked else "high"
    return Action.of(
        BOT,
        "merge-pull-request",
        _target(facts),
        reason=f"policy allows to merge {facts.pull.key} at {facts.head[:12]}, of {risk} risk",
        once_per=(facts.head,),
        parameters={
            "pull": facts.pull.model_dump(),
            "head": facts.head,
            "method": facts.method,
            "policies": facts.policies,
        },
    )


def _target(facts: PullFacts) -> Target:
    return Target(kind="pull-request", id=facts.pull.key)
