"""The queues of a function: the one that wakes it, and the one of what it cannot handle, with the reason."""

from __future__ import annotations

from writ.adapters import aws
from writ.contracts.errors import WritError
from writ.contracts.redaction import redact_text


class DeadLetterQueue:
    """Sends messages with code, field, reason and event type as attributes, so that a person sees why."""

    def __init__(self, url: str, bot: str) -> None:
        self._url = url
        self._bot = bot

    def send(self, body: str, error: WritError, event_type: str) -> None:
        """Raises TransientError when the queue cannot be reached."""
        from botocore.exceptions import BotoCoreError, ClientError

        values = {
            "code": error.code,
            "field": error.field or "-",
            "reason": error.message,
            "event_type": event_type,
            "bot": self._bot,
        }
        attributes = {
            name: {"DataType": "String", "StringValue": redact_text(value)[:512]}
            for name, value in values.items()
        }
        try:
            aws.client("sqs").send_message(
                QueueUrl=self._url, MessageBody=body or "-", MessageAttributes=attributes
            )
        except (BotoCoreError, ClientError) as problem:
            raise aws.failure(problem, "writing to the dead-letter queue") from problem


class SourceQueue:
    """Says when messages that a function holds are seen again."""

    def __init__(self, url: str) -> None:
        self._url = url

    def hide(self, handle: str, seconds: int) -> None:
        """Raises WritError when the queue does not do so.

        It is asked once and not for long: the function has done its work, and its time may be nearly over.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        client = aws.client("sqs", read_timeout_s=2, attempts=1)
        try:
            client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=handle, VisibilityTimeout=seconds
            )
        except (BotoCoreError, ClientError) as problem:
            raise aws.failure(problem, "having a message seen again") from problem
