"""What a function states about actions, in its own name, each statement once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from writ.contracts import statement
from writ.contracts.action import Action, Approval, Outcome
from writ.contracts.errors import PermanentError, WritError
from writ.contracts.redaction import redact, redact_text
from writ.runtime.identity import Identity
from writ.runtime.outcomes import presentable as presentable_outcome
from writ.trace import recording
from writ.trace.span import ENTRY, STATUS, Value

if TYPE_CHECKING:
    from writ.ports.actions import ActionRecord
    from writ.ports.evidence import Adopted, Evidence


@dataclass(frozen=True, slots=True)
class Testimony:
    """Appends statements under ids that follow from the action: a repeat adopts what stands."""

    identity: Identity
    evidence: Evidence
    entropy: Callable[[int], bytes]

    def intent(self, record: ActionRecord) -> Adopted:
        """What is about to be done, and why it may."""
        cause = record.cause
        made = statement.intent(
            presentable(record.action),
            record.decision,
            statement.Cause(id=cause.event_id, type=cause.event_type, by=cause.actor_id or None),
            self._stamp(record.updated_at),
        )
        return self._append(intent_id(record.action.id), statement.Phase.INTENT, made)

    def approval(self, record: ActionRecord, answer: Approval, intent: Adopted, now: datetime) -> None:
        """A person's answer, after the intent.

        Raises WritError `approval.author` in a function that may not state approvals.
        """
        if self.identity.bot not in statement.APPROVERS:
            raise WritError(f"{self.identity.bot} states no approvals", code="approval.author")
        made = statement.approval(presentable(record.action), answer, _link(intent), self._stamp(now))
        self._append(approval_id(record.action.id), statement.Phase.APPROVAL, made)

    def outcome(self, record: ActionRecord, outcome: Outcome, intent: Adopted, now: datetime) -> Outcome:
        """What came of it, after the answer where a person gave one; returns the outcome that stands."""
        previous = intent
        if record.approval is not None:
            previous = self.evidence.get(approval_id(record.action.id)) or intent
        shown = presentable_outcome(outcome)
        # The action is only named: what may be secret of it is in no outcome.
        made = statement.outcome(_named(record.action), shown, _link(previous), self._stamp(now))
        adopted = self._append(
            outcome_id(record.action.id), statement.Phase.OUTCOME, made, {STATUS: shown.status.value}
        )
        return shown if adopted.fresh else _outcome_of(adopted)

    def settled(self, action_id: str) -> Outcome | None:
        """The outcome that is durable already, or None."""
        earlier = self.evidence.get(outcome_id(action_id))
        return None if earlier is None else _outcome_of(earlier)

    def answered(self, action_id: str) -> bool:
        """Whether the answer of a person is stated."""
        return self.evidence.get(approval_id(action_id)) is not None

    def _append(
        self, id: str, phase: statement.Phase, made: dict[str, Any], more: dict[str, Value] | None = None
    ) -> Adopted:
        with recording.span(phase.value, attributes={ENTRY: id, **(more or {})}):
            return self.evidence.append_or_adopt(id, made)

    def _stamp(self, time: datetime) -> statement.Stamp:
        return statement.Stamp(actor=_actor(self.identity), time=time, salt=self.entropy(32).hex())


def intent_id(action_id: str) -> str:
    """Where the intent of an action is kept."""
    return statement.entry_id(action_id, statement.Phase.INTENT)


def approval_id(action_id: str) -> str:
    """Where the answer of a person is kept."""
    return statement.entry_id(action_id, statement.Phase.APPROVAL)


def outcome_id(action_id: str) -> str:
    """Where the outcome of an action is kept."""
    return statement.entry_id(action_id, statement.Phase.OUTCOME)


def presentable(action: Action) -> Action:
    """The action without secrets and personal data: what is in the log stays there (I9)."""
    return _named(action).model_copy(
        update={"parameters": redact(action.parameters), "reason": redact(action.reason)}
    )


def _named(action: Action) -> Action:
    """The action, its target without what would be masked elsewhere."""
    id = redact_text(action.target.id)
    if id == action.target.id:
        return action
    return action.model_copy(update={"target": action.target.model_copy(update={"id": id})})


@lru_cache(maxsize=8)
def _actor(identity: Identity) -> statement.Actor:
    return statement.Actor(bot=identity.bot, version=identity.version, code=identity.code_digest)


def _link(previous: Adopted) -> statement.Link:
    return statement.Link(entry=previous.entry_id, sha256=previous.payload_sha256)


def _outcome_of(adopted: Adopted) -> Outcome:
    if not adopted.payload:
        raise PermanentError(f"{adopted.entry_id} is erased", code="evidence.erased")
    return Outcome.model_validate(adopted.payload["predicate"]["outcome"])
