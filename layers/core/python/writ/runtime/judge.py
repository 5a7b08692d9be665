"""Gathers the guard facts of an action and asks policy; what could not be read stays unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from writ.contracts.action import Action, Approval, Decision, Verdict
from writ.contracts.counters import counter_key, counter_slot
from writ.ports.actions import Reservation
from writ.trace import recording
from writ.trace.span import VERDICT

if TYPE_CHECKING:
    from writ.contracts.action_spec import ActionSpec
    from writ.ports.actions import Cause
    from writ.ports.guards import GuardFacts, GuardStore
    from writ.runtime.identity import Identity


class Policy(Protocol):
    """The compiled bundle: a pure function of the document."""

    def decide(self, document: Mapping[str, Any], now: datetime) -> Decision: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be decided: whose action, under which limits, why, and what a person has said."""

    identity: Identity
    spec: ActionSpec
    action: Action
    cause: Cause
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Facts, then policy."""

    policy: Policy
    guards: GuardStore

    def decide(self, question: Question, now: datetime, *, counted: bool = False) -> Decision:
        """Decide an action. `counted` says its reservations are taken already and do not count again."""
        action = question.action
        with recording.span("policy") as span:
            facts = self.guards.read(action.bot, action.name, action.target.subject_digest(), now)
            if counted and facts.usage is not None:
                facts = replace(facts, usage=dict.fromkeys(facts.usage, 0))
            decision = self.policy.decide(_document(question, facts, now), now)
            span.set(VERDICT, decision.verdict.value)
            return decision


def reservations_of(action: Action, decision: Decision, now: datetime) -> list[Reservation]:
    """What an allow has to reserve; nothing for any other verdict."""
    if decision.verdict is not Verdict.ALLOW:
        return []
    counter = counter_key(action.bot, action.name)
    digest = action.target.subject_digest()
    return [
        Reservation(counter, counter_slot(duty.counter, digest, now), duty.limit)
        for duty in decision.obligations
    ]


def _document(question: Question, facts: GuardFacts, now: datetime) -> dict[str, Any]:
    from writ.policy.calendar import change_facts

    identity, spec, action = question.identity, question.spec, question.action
    cause, approval = question.cause, question.approval
    bot: dict[str, Any] = {"name": identity.bot}
    if facts.paused is not None:
        bot["paused"] = facts.paused
    acted: dict[str, Any] = {
        "name": action.name,
        "risk": spec.risk.value,
        "target": {"kind": action.target.kind, "id": action.target.id},
        "blast_radius": action.blast_radius,
    }
    if facts.action_paused is not None:
        acted["paused"] = facts.action_paused
    for stated in ("cooldown", "origin", "quotas"):
        if stated in action.parameters:
            acted[stated] = action.parameters[stated]
    document: dict[str, Any] = {
        "bot": bot,
        "actor": {"kind": cause.actor_kind, "id": cause.actor_id or identity.bot},
        "action": acted,
        "limits": spec.limits.model_dump(mode="json", exclude_none=True),
        "approval": approval.model_dump(mode="json") if approval else None,
    }
    if facts.usage is not None:
        document["usage"] = dict(facts.usage)
    if facts.freezes is not None and facts.windows is not None:
        document["change"] = change_facts(facts.freezes, facts.windows, now)
    if facts.budget is not None:
        document["budget"] = dict(facts.budget)
    if facts.exceptions is not None:
        document["exceptions"] = list(facts.exceptions)
    if facts.break_glass is not None:
        document["break_glass"] = _overrides(facts.break_glass, now)
    return document


def _overrides(items: Sequence[Mapping[str, Any]], now: datetime) -> list[dict[str, Any]] | None:
    """The break-glass that is open; there rarely is any, and then nothing has to be loaded for it."""
    if not items:
        return []
    from writ.policy.break_glass import open_facts

    return open_facts(items, now)
