"""SQS batches of events: each record succeeds, is delivered again, or goes to the dead-letter queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from writ.contracts.errors import ContractError, TransientError, WritError
from writ.contracts.event import AnyEvent, parse_event
from writ.ports.actions import ActionRecord
from writ.runtime import telemetry

if TYPE_CHECKING:
    from writ.runtime.redelivery import EventQueue

MAX_RECEIVES: Final = 5


class DeadLetters(Protocol):
    """Where messages go that cannot be handled, with the reason beside them."""

    def send(self, body: str, error: WritError, event_type: str) -> None: ...


def process(
    bot: str,
    message: Mapping[str, Any],
    context: Any,
    run: Callable[[AnyEvent], Sequence[ActionRecord]],
    dead_letters: DeadLetters | None = None,
    *,
    reading: Callable[[str], AnyEvent] | None = None,
    queue: EventQueue | None = None,
) -> dict[str, Any]:
    """Run every record of a batch; return the ids of those to be delivered again, soon where that may help.

    `reading` makes an event of a body that is not one yet; else a body is an EventBridge envelope.
    What a retry cannot help, and what has been retried `MAX_RECEIVES` times, is sent to the dead-letter
    queue with code, field and reason, and counts as handled.
    """
    telemetry.logger(bot).append_keys(request_id=getattr(context, "aws_request_id", None))
    failures: list[dict[str, str]] = []
    again: list[tuple[str, WritError, int]] = []
    for record in message.get("Records", []):
        body = record.get("body", "")
        event_type = "unknown"
        try:
            event = (reading or read)(body)
            event_type = event.type
            with telemetry.span(bot, event) as note:
                note(run(event))
        except Exception as error:  # noqa: BLE001
            # The outermost boundary of a record: one that fails must not take its batch with it.
            problem = as_problem(error)
            receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
            telemetry.failed(bot, problem, event_type, receives)
            if problem.retryable and receives < MAX_RECEIVES:
                failures.append({"itemIdentifier": record["messageId"]})
                again.append((record.get("receiptHandle", ""), problem, receives))
                continue
            (dead_letters or _queue()).send(body, problem, event_type)
    if again:
        from writ.runtime import redelivery

        redelivery.hasten(bot, [redelivery.Failure(*each) for each in again], queue)
    telemetry.finished(bot)
    return {"batchItemFailures": failures}


def read(body: str) -> AnyEvent:
    """Parse an EventBridge envelope. Raises ContractError that names the field."""
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise ContractError("message is not JSON", code="contract.not_json", field="body") from None
    if not isinstance(envelope, dict):
        raise ContractError("message is not an object", field="body")
    return parse_event(envelope.get("detail-type"), envelope.get("detail"))


def as_problem(error: Exception) -> WritError:
    """Any error as one of ours: what nobody foresaw may pass."""
    if isinstance(error, WritError):
        return error
    return TransientError(f"unexpected {type(error).__name__}", code="internal")


def _queue() -> DeadLetters:
    from writ.adapters.sqs import DeadLetterQueue
    from writ.runtime.environment import current

    environment = current()
    return DeadLetterQueue(environment.dlq, environment.bot)
