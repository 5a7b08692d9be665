"""Dead letters: the message as it came, and beside it why. Others are seen again when they are to be."""

from __future__ import annotations

from typing import Any

import pytest

from writ.adapters import aws
from writ.adapters.sqs import DeadLetterQueue, SourceQueue
from writ.contracts.errors import ContendedError, ContractError, PermanentError, WritError
from writ.runtime import redelivery
from writ.runtime.environment import current


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


@pytest.fixture
def queue(account: None) -> str:
    """One with a message, that shows what was received again after an hour."""
    client = aws.client("sqs")
    made = client.create_queue(QueueName="writ-test-probe", Attributes={"VisibilityTimeout": "3600"})
    client.send_message(QueueUrl=made["QueueUrl"], MessageBody="{}")
    return str(made["QueueUrl"])


def received(url: str) -> list[dict[str, Any]]:
    wanted: dict[str, Any] = {"QueueUrl": url, "AttributeNames": ["ApproximateReceiveCount"]}
    found: list[dict[str, Any]] = aws.client("sqs").receive_message(**wanted).get("Messages", [])
    return found


def test_message_is_seen_again_when_it_is_to_be(queue: str) -> None:
    [message] = received(queue)
    assert received(queue) == []
    SourceQueue(queue).hide(message["ReceiptHandle"], 0)
    [again] = received(queue)
    assert (again["MessageId"], again["Attributes"]["ApproximateReceiveCount"]) == (message["MessageId"], "2")
    SourceQueue(queue).hide(again["ReceiptHandle"], 30)
    assert received(queue) == []


def test_handle_of_no_message_is_refused_in_our_terms(queue: str) -> None:
    with pytest.raises(WritError, match="having a message seen again") as refused:
        SourceQueue(queue).hide("none", 2)
    assert refused.value.code == "dependency.refused"


@pytest.mark.parametrize("deployed", [True, False])
def test_function_knows_its_queue_and_does_without(
    queue: str, deployed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What lost a race is in the batch's answer in any case: where its time cannot be set, it comes later."""
    for name in ("env", "bot", "function", "owner", "bus"):
        monkeypatch.setenv(f"WRIT_{name.upper()}", "test")
    monkeypatch.setenv("WRIT_CODE_DIGEST", "0" * 64)
    monkeypatch.setenv("WRIT_QUEUE_URL", queue if deployed else queue + "-gone")
    monkeypatch.setattr(redelivery, "wait_s", lambda *_: 0)
    current.cache_clear()
    [message] = received(queue)
    failure = redelivery.Failure(message["ReceiptHandle"], ContendedError("a race"), 1)
    redelivery.hasten("probe", [failure])
    current.cache_clear()
    assert len(received(queue)) == int(deployed)
    assert ("messages come back late" in capsys.readouterr().out) is not deployed
