"""The outcomes that the loop itself gives an action. Pure."""

from __future__ import annotations

from typing import Final

from writ.contracts.action import Decision, Outcome, Status, Verdict
from writ.contracts.errors import WritError
from writ.contracts.redaction import redact
from writ.ports.actions import ActionRecord
from writ.runtime.effect import Observation

ABANDONED: Final = Outcome(
    status=Status.FAILED,
    code="action.abandoned",
    message="its bot did not settle it in time; whether the effect happened is not known",
)
CRASHED: Final = "effect.crashed"
# What the person said is in the approval, and only there: it is erased with it.
REJECTED: Final = "a person rejected it; the approval says why"
EXPIRED: Final = Outcome(status=Status.EXPIRED, code="approval.expired", message="nobody answered in time")


def succeeded(seen: Observation) -> Outcome:
    """An effect that happened, with what was observed of it."""
    return Outcome.model_validate({"status": Status.SUCCEEDED, "observed": dict(seen)})


def failed(code: str, message: str) -> Outcome:
    """An effect that did not happen, and will not."""
    return Outcome(status=Status.FAILED, code=code, message=message)


def given_up(error: Exception) -> Outcome:
    """An effect that every attempt failed with, the last one with this error."""
    if isinstance(error, WritError):
        return failed(error.code, error.message)
    return failed(CRASHED, type(error).__name__)


def refusal(record: ActionRecord) -> Outcome | None:
    """The outcome of an action that a person or policy has refused; None where it may be taken or waits."""
    if record.approval is not None and not record.approval.approved:
        return Outcome(status=Status.DENIED, code="approval.rejected", message=REJECTED)
    waits = record.decision.verdict is Verdict.REVIEW and record.approval is None
    return None if waits or record.decision.verdict is Verdict.ALLOW else denial(record.decision)


def denial(decision: Decision) -> Outcome:
    """The outcome of a decision that does not allow."""
    first = decision.reasons[0] if decision.reasons else None
    return Outcome(
        status=Status.DENIED,
        code=first.code if first else f"policy.{decision.verdict}",
        message=first.message if first else f"policy answered {decision.verdict}",
    )


def presentable(outcome: Outcome) -> Outcome:
    """The outcome without secrets and personal data: what is in the log stays there (I9)."""
    message = redact(outcome.message)
    return outcome.model_copy(
        update={"observed": redact(outcome.observed), "message": message and message[:500]}
    )
