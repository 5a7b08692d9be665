"""What the policy bot does about break-glass. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from functions.policy import glass
from functions.policy.facts import Facts
from writ.contracts.action import Action, Target
from writ.contracts.errors import ContractError
from writ.contracts.event import AnyEvent
from writ.contracts.events.break_glass import (
    BreakGlassApprovalGiven,
    BreakGlassCloseRequested,
    BreakGlassControl,
    BreakGlassRequested,
)
from writ.contracts.events.platform import ScheduleTicked
from writ.policy.break_glass import BreakGlass, Stage, Word
from writ.policy.controls import ExceptionScope

BOT: Final = "policy"
KIND: Final = "break-glass"


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """What a word on break-glass or a tick calls for; raises what it would fail for, naming the field."""
    match event.data:
        case BreakGlassControl() as command:
            return [_answered(event, command, facts, now)]
        case ScheduleTicked():
            return list(overdue(facts, now))
        case _:
            return []


def _answered(event: AnyEvent, command: BreakGlassControl, facts: Facts, now: datetime) -> Action:
    word = Word(person=command.person, by=command.by, at=now, reason=command.reason)
    match command:
        case BreakGlassRequested():
            return _ask(event, command, facts, now)
        case BreakGlassApprovalGiven():
            glass.approved(facts.break_glass, command.id, word, now)
            return _said(event, command, "approve-break-glass", "approved it", now)
        case BreakGlassCloseRequested():
            glass.closed(facts.break_glass, command.id, now)
            return _said(event, command, "close-break-glass", "ended it", now)
        case _:
            glass.reviewed(facts.break_glass, command.id, word, now)
            return _said(event, command, "review-break-glass", "reviewed it", now)


def overdue(facts: Facts, now: datetime) -> Iterator[Action]:
    """A report for each review that is overdue, once a day until it is given."""
    day = now.astimezone(UTC).date().isoformat()
    for item in facts.break_glass:
        if item.review_by is not None and item.stage(now) is Stage.OVERDUE:
            hours = int((now - item.review_by).total_seconds() // 3600)
            yield Action.of(
                BOT,
                "report-overdue-review",
                Target(kind=KIND, id=item.id),
                reason=f"the review of {item.id} was due by {item.review_by.isoformat()}",
                once_per=(day,),
                parameters={"owner": item.owner, "review_by": item.review_by.isoformat(), "hours": hours},
            )


def _ask(event: AnyEvent, command: BreakGlassRequested, facts: Facts, now: datetime) -> Action:
    for rule in command.rules:
        if rule not in facts.breakable:
            message = f"the rules to override are {', '.join(facts.breakable)}"
            raise ContractError(message, field="rules")
    scope = command.scope
    asked = BreakGlass(
        id=command.id,
        rules=tuple(sorted(set(command.rules))),
        scope=ExceptionScope(bot=scope.bot, action=scope.action, target=scope.target),
        owner=command.owner,
        minutes=command.minutes,
        asked=Word(person=command.person, by=command.by, at=now, reason=command.reason),
    )
    glass.asked(facts.break_glass, asked, now)
    where = f"bot {scope.bot}, action {scope.action}, target {scope.target}"
    because = f"{command.by} asked to override {', '.join(asked.rules)} for {where}, {command.minutes} min"
    return _action(
        event,
        "ask-break-glass",
        command.id,
        f"{because}: {command.reason}",
        break_glass=asked.model_dump(mode="json"),
    )


def _said(event: AnyEvent, command: BreakGlassControl, name: str, done: str, now: datetime) -> Action:
    because = f"{command.by} {done}: {command.reason}"
    said = Word(person=command.person, by=command.by, at=now, reason=command.reason)
    return _action(event, name, command.id, because, said=said.model_dump(mode="json"))


def _action(event: AnyEvent, name: str, id: str, because: str, **parameters: Any) -> Action:
    target = Target(kind=KIND, id=id)
    return Action.of(BOT, name, target, reason=because[:1000], once_per=(event.id,), parameters=parameters)
