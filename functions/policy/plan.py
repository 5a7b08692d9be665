"""What the policy bot does about a command. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from functions.policy import book, glass_plan, waivers
from functions.policy.facts import Facts
from writ.contracts.action import Action, Target
from writ.contracts.errors import ContractError, from_validation
from writ.contracts.event import AnyEvent
from writ.contracts.events.policy import (
    ExceptionRequested,
    ExceptionRevocationRequested,
    FreezeDeclarationRequested,
    FreezeLiftRequested,
    Repeats,
    Withdrawal,
)
from writ.policy.controls import ExceptionScope, Freeze, FreezeScope, PolicyException
from writ.policy.recurrence import Recurrence

BOT: Final = "policy"
LONGEST_FREEZE: Final = timedelta(days=366)
LONGEST_REPEATED: Final = timedelta(days=5 * 366)
_RECURRENCE: Final[TypeAdapter[Recurrence]] = TypeAdapter(Recurrence)
LONGEST_EXCEPTION: Final = timedelta(days=90)


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The action a command calls for.

    Raises ContractError for fields that make no sense, ConflictError for an id that is taken or when
    there is no room, NotFoundError for one that is not there; each names the field.
    """
    match event.data:
        case FreezeDeclarationRequested() as command:
            return [_declare(event, command, facts, now)]
        case ExceptionRequested() as command:
            return [_grant(event, command, facts, now)]
        case FreezeLiftRequested() as command:
            book.removed(facts.freezes, command.id, now)
            return [_withdraw(event, command, "lift-freeze", "freeze")]
        case ExceptionRevocationRequested() as command:
            book.removed(facts.exceptions, command.id, now)
            return [_withdraw(event, command, "revoke-exception", "exception")]
        case _:
            return [*waivers.plan(event, facts, now), *glass_plan.plan(event, facts, now)]


def _declare(event: AnyEvent, command: FreezeDeclarationRequested, facts: Facts, now: datetime) -> Action:
    starts_at = command.starts_at or now.replace(microsecond=0)
    if command.ends_at <= starts_at:
        raise ContractError("ends_at is not after starts_at", field="ends_at")
    longest = LONGEST_FREEZE if command.repeats is None else LONGEST_REPEATED
    _within(command.ends_at, now, longest, "ends_at")
    freeze = Freeze(
        id=command.id,
        scope=FreezeScope(bots=command.scope.bots, actions=command.scope.actions),
        owner=command.owner,
        reason=command.reason,
        starts_at=starts_at,
        ends_at=command.ends_at,
        declared_by=command.by,
        repeats=command.repeats and _repeats(command.repeats, command.ends_at, facts),
    )
    if freeze.occurrence(now) is None:
        raise ContractError("it never holds before ends_at", field="repeats")
    book.added(facts.freezes, freeze, now)
    reason = f"{command.by} declared it: {command.reason}"
    return _action(event, "declare-freeze", "freeze", command.id, reason, freeze=_json(freeze))


def _repeats(asked: Repeats, ends_at: datetime, facts: Facts) -> Recurrence:
    """The recurrence that is asked for; a calendar goes with it whole, so that it always says the same."""
    said = asked.model_dump(include={"kind", "zone", "first", "last", "calendar"}, exclude_none=True)
    if asked.kind == "holidays":
        calendar = facts.calendars.get(asked.calendar or "")
        if calendar is None:
            known = ", ".join(sorted(facts.calendars)) or "none"
            raise ContractError(f"the calendars are {known}", field="repeats.calendar")
        if not calendar.covers(ends_at.date()):
            message = f"the holidays of {calendar.name} are known until {calendar.last}"
            raise ContractError(message, field="ends_at")
        said["calendar"] = calendar
    try:
        return _RECURRENCE.validate_python(said)
    except ValidationError as error:
        raise from_validation(error, "repeats") from None


def _grant(event: AnyEvent, command: ExceptionRequested, facts: Facts, now: datetime) -> Action:
    if command.rule not in facts.waivable:
        raise ContractError(f"the rules to waive are {', '.join(facts.waivable)}", field="rule")
    _within(command.expires_at, now, LONGEST_EXCEPTION, "expires_at")
    scope = command.scope
    exception = PolicyException(
        id=command.id,
        rule=command.rule,
        scope=ExceptionScope(bot=scope.bot, action=scope.action, target=scope.target),
        owner=command.owner,
        reason=command.reason,
        expires_at=command.expires_at,
        requested_by=command.by,
    )
    book.added(facts.exceptions, exception, now)
    where = f"bot {scope.bot}, action {scope.action}, target {scope.target}"
    until = command.expires_at.isoformat()
    reason = f"{command.by} asked to waive {command.rule} for {where} until {until}: {command.reason}"
    return _action(event, "grant-exception", "exception", command.id, reason, exception=_json(exception))


def _withdraw(event: AnyEvent, command: Withdrawal, name: str, kind: str) -> Action:
    reason = f"{command.by} ended it: {command.reason}"
    return _action(event, name, kind, command.id, reason, by=command.by, reason=command.reason)


def _action(event: AnyEvent, name: str, kind: str, id: str, because: str, **parameters: Any) -> Action:
    target = Target(kind=kind, id=id)
    once_per = (event.id,)
    return Action.of(BOT, name, target, reason=because[:1000], once_per=once_per, parameters=parameters)


def _within(end: datetime, now: datetime, longest: timedelta, field: str) -> None:
    if not now < end <= now + longest:
        raise ContractError(f"{field} lies ahead, by {longest.days} days at most", field=field)


def _json(item: Freeze | PolicyException) -> dict[str, Any]:
    return item.model_dump(mode="json")
