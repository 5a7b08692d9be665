"""From a bus through its rule to the queue of a bot: each event once, whole, and only where it belongs."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.memory import START
from writ.adapters import aws
from writ.adapters.eventbridge import MAX_BYTES, EventBridgeBus
from writ.contracts.errors import ContractError
from writ.contracts.event import AnyEvent, make_event
from writ.contracts.events.platform import EventRejected, ScheduleTicked
from writ.runtime.batch import read

BUS = "writ-test"


@pytest.fixture
def queue(account: None) -> str:
    """The queue behind a rule for `EventRejected.v1` of intake."""
    sqs, events = aws.client("sqs"), aws.client("events")
    url = str(sqs.create_queue(QueueName="writ-test-probe")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=BUS)
    pattern = json.dumps({"source": ["writ.intake"], "detail-type": ["EventRejected.v1"]})
    events.put_rule(Name="probe", EventBusName=BUS, EventPattern=pattern)
    events.put_targets(Rule="probe", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def rejected(number: int, padding: int = 0, producer: str = "intake") -> AnyEvent:
    data = EventRejected.model_validate(
        {"bot": "backlog", "code": "contract.invalid", "reason": "ä", "more": "ä" * padding}
    )
    time = START + timedelta(seconds=number)
    return make_event(data, id=f"e-{number}", time=time, producer=producer, cause="d-1")


def received(url: str) -> list[dict[str, Any]]:
    sqs, found = aws.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_every_event_arrives_once_and_reads_as_it_was(queue: str) -> None:
    events = [rejected(number) for number in range(27)]
    EventBridgeBus(BUS).publish(events)
    envelopes = received(queue)
    assert {envelope["source"] for envelope in envelopes} == {"writ.intake"}
    arrived = sorted(
        (read(json.dumps(envelope)) for envelope in envelopes), key=lambda event: event.meta.time
    )
    assert [event.detail() for event in arrived] == [event.detail() for event in events]


def test_rule_keeps_out_other_types_and_other_sources(queue: str) -> None:
    tick = ScheduleTicked.model_validate({"schedule": "rate(1 hour)"})
    EventBridgeBus(BUS).publish(
        [
            make_event(tick, id="t-1", time=START, producer="intake"),
            rejected(1, producer="backlog"),
            rejected(2),
        ]
    )
    assert [envelope["detail"]["meta"]["id"] for envelope in received(queue)] == ["e-2"]


def test_oversized_event_keeps_all_from_being_sent(queue: str) -> None:
    with pytest.raises(ContractError) as refused:
        EventBridgeBus(BUS).publish([rejected(1), rejected(2, padding=MAX_BYTES)])
    assert refused.value.code == "event.too_large"
    assert received(queue) == []
