"""What the policy bot does about exceptions to rules of gates, and about exceptions that end soon. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from functions.policy import book
from functions.policy.facts import Facts
from writ.contracts.action import Action, Target
from writ.contracts.errors import ContractError
from writ.contracts.event import AnyEvent
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.events.policy import GateExceptionRequested, GateExceptionRevocationRequested
from writ.policy.controls import GateException, GateScope, PolicyException

BOT: Final = "policy"
KIND: Final = "gate-exception"
LONGEST: Final = timedelta(days=90)
# The owner hears of the end a week and a day ahead, each once.
REMINDERS: Final = (timedelta(days=1), timedelta(days=7))


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """What a word on gates or a tick calls for; raises what it would fail for, naming the field."""
    match event.data:
        case GateExceptionRequested() as command:
            return [_grant(event, command, facts, now)]
        case GateExceptionRevocationRequested() as command:
            return [_revoke(event, command, facts, now)]
        case ScheduleTicked():
            return list(expiring(facts, now))
        case _:
            return []


def _grant(event: AnyEvent, command: GateExceptionRequested, facts: Facts, now: datetime) -> Action:
    _known(command.rule)
    if not now < command.expires_at <= now + LONGEST:
        message = f"expires_at lies ahead, by {LONGEST.days} days at most"
        raise ContractError(message, field="expires_at")
    scope = command.scope
    exception = GateException(
        id=command.id,
        rule=command.rule,
        scope=GateScope(
            repository=scope.repository, path=scope.path, component=scope.component, versions=scope.versions
        ),
        owner=command.owner,
        reason=command.reason,
        expires_at=command.expires_at,
        requested_by=command.by,
    )
    book.added(facts.gate_exceptions, exception, now)
    where = f"repository {scope.repository}, path {scope.path}, component {scope.component} {scope.versions}"
    until = command.expires_at.isoformat()
    reason = f"{command.by} asked to waive {command.rule} for {where} until {until}: {command.reason}"
    return _action(
        event,
        "grant-gate-exception",
        command.id,
        reason,
        gate_exception=exception.model_dump(mode="json"),
    )


def _revoke(
    event: AnyEvent, command: GateExceptionRevocationRequested, facts: Facts, now: datetime
) -> Action:
    book.removed(facts.gate_exceptions, command.id, now)
    reason = f"{command.by} ended it: {command.reason}"
    return _action(event, "revoke-gate-exception", command.id, reason, by=command.by, reason=command.reason)


def expiring(facts: Facts, now: datetime) -> Iterator[Action]:
    """A reminder of each exception that ends within a week, and one more within a day."""
    items: tuple[PolicyException | GateException, ...] = (*facts.exceptions, *facts.gate_exceptions)
    for item in items:
        left = item.expires_at - now
        ahead = next((ahead for ahead in REMINDERS if timedelta() < left <= ahead), None)
        if ahead is None:
            continue
        kind = KIND if isinstance(item, GateException) else "exception"
        hours = int(ahead.total_seconds() // 3600)
        end = item.expires_at.isoformat()
        yield Action.of(
            BOT,
            "remind-of-expiry",
            Target(kind=kind, id=item.id),
            reason=f"{item.id}, an exception of {item.owner} to {item.rule}, ends at {end}",
            once_per=(end, str(hours)),
            parameters={
                "rule": item.rule,
                "owner": item.owner,
                "expires_at": end,
                "hours": hours,
            },
        )


def _known(rule: str) -> None:
    """Raise ContractError for a rule that no gate has, or that nobody may waive."""
    from writ.gates import registry
    from writ.gates.gate import UNREADABLE

    gate, _, name = rule.partition("/")
    if gate not in registry.names():
        raise ContractError(f"no gate {gate}; there are {', '.join(registry.names())}", field="rule")
    rules = [known.id for known in registry.load((gate,))[0].rules]
    if rule not in rules or name == UNREADABLE:
        raise ContractError(f"the rules to waive are {', '.join(rules)}", field="rule")


def _action(event: AnyEvent, name: str, id: str, because: str, **parameters: Any) -> Action:
    target = Target(kind=KIND, id=id)
    return Action.of(BOT, name, target, reason=because[:1000], once_per=(event.id,), parameters=parameters)
