"""Dead letters: the message as it came, and beside it why."""

from __future__ import annotations

from typing import Any

import pytest

from writ.adapters import aws
from writ.adapters.sqs import DeadLetterQueue
from writ.contracts.errors import ContractError, PermanentError, WritError


@pytest.fixture
def url(account: None) -> str:
    return str(aws.client("sqs").create_queue(QueueName="writ-test-probe-dlq")["QueueUrl"])


def letter(url: str) -> tuple[str, dict[str, str]]:
    wanted: dict[str, Any] = {"QueueUrl": url, "MessageAttributeNames": ["All"]}
    [message] = aws.client("sqs").receive_message(**wanted)["Messages"]
    attributes = message["MessageAttributes"]
    return message["Body"], {name: value["StringValue"] for name, value in attributes.items()}


def test_letter_says_what_is_wrong_and_where(url: str) -> None:
    error = ContractError("meta is missing", code="contract.missing_field", field="detail.meta")
    DeadLetterQueue(url, "probe").send('{"detail": {}}', error, "ScheduleTicked.v1")
    assert letter(url) == (
        '{"detail": {}}',
        {
            "code": "contract.missing_field",
            "field": "detail.meta",
            "reason": "meta is missing",
            "event_type": "ScheduleTicked.v1",
            "bot": "probe",
        },
    )


def test_empty_body_absent_field_and_long_reason_still_make_a_letter(url: str) -> None:
    DeadLetterQueue(url, "probe").send("", PermanentError("ä" * 2000), "unknown")
    body, attributes = letter(url)
    assert (body, attributes["field"], attributes["reason"]) == ("-", "-", "ä" * 512)


def test_missing_queue_is_refused_in_our_terms(account: None) -> None:
    queue = DeadLetterQueue("https://sqs.us-east-1.amazonaws.com/123456789012/none", "probe")
    with pytest.raises(WritError, match="writing to the dead-letter queue") as refused:
        queue.send("{}", PermanentError("never"), "unknown")
    assert refused.value.code == "dependency.refused"
