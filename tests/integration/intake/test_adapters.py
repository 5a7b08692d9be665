"""Intake's adapters and the bus over moto."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.intake import api
from functions.intake.adapters import (
    SECRET_LIFETIME_S,
    DeliveryTable,
    PayloadBucket,
    SecretsManagerSecrets,
)
from functions.intake.receive import IntakePorts
from tests.support.memory_intake import DELIVERY, PAYLOADS, headers, http_event
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.eventbridge import EventBridgeBus
from writ.contracts.errors import WritError
from writ.contracts.event import parse_event
from writ.ports.intake import DeliveryRecord, DeliveryState

BUCKET = "writ-test-raw-000000000000"
BUS = "writ-test"
CURRENT, PREVIOUS, NEXT = ("current" * 4, "previous" * 4, "upcoming" * 4)
RECORD = DeliveryRecord(DELIVERY, "ab" * 32, "IssueOpened.v1", datetime(2026, 3, 2, 10, tzinfo=UTC))


@pytest.fixture(autouse=True)
def account() -> Iterator[None]:
    with moto_aws("deliveries"):
        aws.client("s3").create_bucket(Bucket=BUCKET)
        aws.client("events").create_event_bus(Name=BUS)
        store_secret({"current": CURRENT, "previous": PREVIOUS})
        yield


def store_secret(value: object) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    secrets = aws.client("secretsmanager")
    if secrets.list_secrets()["SecretList"]:
        secrets.put_secret_value(SecretId="webhook", SecretString=text)
    else:
        secrets.create_secret(Name="webhook", SecretString=text)


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_first_record_of_a_delivery_stands() -> None:
    table = DeliveryTable("deliveries")
    assert table.register(RECORD) == RECORD
    assert table.register(replace(RECORD, sha256="cd" * 32)) == RECORD
    table.published(RECORD)
    assert table.register(RECORD) == replace(RECORD, state=DeliveryState.PUBLISHED)


def test_first_body_under_a_key_stays() -> None:
    bucket = PayloadBucket(BUCKET)
    for body in (b"first", b"second"):
        bucket.put("github/x.json", body, hashlib.sha256(body).hexdigest())
    stored = aws.client("s3").get_object(Bucket=BUCKET, Key="github/x.json")
    assert stored["Body"].read() == b"first"
    assert stored["ContentType"] == "application/json"


def test_missing_bucket_is_refused_in_our_terms() -> None:
    with pytest.raises(WritError, match="NoSuchBucket") as refused:
        PayloadBucket("writ-test-elsewhere").put("k", b"", hashlib.sha256(b"").hexdigest())
    assert refused.value.code == "dependency.refused"


def test_both_secrets_are_valid_and_a_new_one_after_its_time() -> None:
    ticks = Ticks()
    secrets = SecretsManagerSecrets("webhook", clock=ticks)
    assert secrets.valid() == (CURRENT.encode(), PREVIOUS.encode())
    store_secret({"current": NEXT, "previous": CURRENT})
    assert secrets.valid() == (CURRENT.encode(), PREVIOUS.encode())
    ticks.now = SECRET_LIFETIME_S
    assert secrets.valid() == (NEXT.encode(), CURRENT.encode())


def test_one_secret_is_enough() -> None:
    store_secret({"current": CURRENT, "previous": None})
    assert SecretsManagerSecrets("webhook").valid() == (CURRENT.encode(),)


@pytest.mark.parametrize("stored", ["not json", {"current": "short"}, {"previous": CURRENT}])
def test_malformed_secret_is_an_error_that_does_not_quote_it(stored: object) -> None:
    store_secret(stored)
    with pytest.raises(WritError) as refused:
        SecretsManagerSecrets("webhook").valid()
    assert refused.value.code == "secret.invalid"
    assert CURRENT not in str(refused.value)


def test_missing_secret_is_refused_in_our_terms() -> None:
    with pytest.raises(WritError, match="ResourceNotFoundException"):
        SecretsManagerSecrets("elsewhere").valid()


@pytest.fixture
def inbox() -> str:
    """The URL of a queue that receives everything the bus gets."""
    queue = aws.client("sqs").create_queue(QueueName="inbox")["QueueUrl"]
    arn = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    pattern = json.dumps({"source": [{"prefix": "writ."}]})
    aws.client("events").put_rule(Name="all", EventBusName=BUS, EventPattern=pattern)
    target = {"Id": "inbox", "Arn": arn["Attributes"]["QueueArn"]}
    aws.client("events").put_targets(Rule="all", EventBusName=BUS, Targets=[target])
    return str(queue)


def received(queue: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while (
        messages := aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages")
    ):
        found += [json.loads(message["Body"]) for message in messages]
        for message in messages:
            aws.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_every_real_payload_passes_from_request_to_bus(inbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = IntakePorts(DeliveryTable("deliveries"), PayloadBucket(BUCKET), EventBridgeBus(BUS))
    secrets = SecretsManagerSecrets("webhook")
    monkeypatch.setattr(api, "connect", lambda: (ports, secrets))
    expected = {}
    for number, path in enumerate(PAYLOADS):
        body = path.read_bytes()
        sent = headers(body, event=path.parent.name, delivery=f"delivery-{number}", secret=PREVIOUS.encode())
        for status in (202, 200):
            answer = api.handler(http_event(body, sent, encoded=number % 2 == 0), None)
            assert answer["statusCode"] == status, answer["body"]
        expected[f"gh-delivery-{number}"] = (json.loads(answer["body"])["type"], body)
    messages = received(inbox)
    assert len(messages) == len(PAYLOADS)
    for message in messages:
        event = parse_event(message["detail-type"], message["detail"])
        kind, body = expected.pop(event.id)
        stored = event.data.model_dump()["payload"]
        assert (message["source"], event.type) == ("writ.intake", kind)
        assert aws.client("s3").get_object(Bucket=BUCKET, Key=stored["key"])["Body"].read() == body
        assert stored["sha256"] == hashlib.sha256(body).hexdigest()
    assert expected == {}
