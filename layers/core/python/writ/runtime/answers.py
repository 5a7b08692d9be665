"""A person's answer to a reviewed action: on record first, and only then on the bus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from writ.contracts.errors import TransientError
from writ.runtime import notices
from writ.runtime.identity import Identity
from writ.runtime.testimony import Testimony, intent_id
from writ.trace import recording
from writ.trace.span import ACTION, Value

if TYPE_CHECKING:
    from writ.contracts.action import Approval
    from writ.ports.actions import ActionRecord
    from writ.ports.bus import EventBus
    from writ.ports.clock import Clock
    from writ.ports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Answers:
    """Makes answers known in the name of one function; every method may be repeated."""

    identity: Identity
    evidence: Evidence
    bus: EventBus
    clock: Clock
    entropy: Callable[[int], bytes]

    def attest(self, record: ActionRecord, answer: Approval) -> None:
        """Append the answer's statement to the action's stream, after its intent.

        Raises TransientError (`approval.no_intent`) while the intent cannot be read.
        """
        intent = self.evidence.get(intent_id(record.action.id))
        if intent is None:
            raise TransientError(f"{record.action.id} has no readable intent", code="approval.no_intent")
        Testimony(self.identity, self.evidence, self.entropy).approval(
            record, answer, intent, self.clock.now()
        )

    def publish(self, record: ActionRecord, answer: Approval) -> None:
        """Attest the answer, then tell the bot: it resumes only by an answer whose statement is durable."""
        told: dict[str, Value] = {ACTION: record.action.id}
        with recording.elsewhere(record.cause.trace, "answer", told):
            self.attest(record, answer)
            decided = notices.approval_decided(record, answer, self.clock.now(), self.identity.bot)
            self.bus.publish([decided])
