"""Order, idempotency and faults: one event id on the bus for one delivery, and nothing lost."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake.receive import IntakePorts, Receipt, receive
from functions.intake.webhook import open_webhook
from tests.support.faults import Crash, Faults
from tests.support.memory_intake import DELIVERY, PAYLOADS, SECRET, MemoryIntake, headers
from writ.contracts.errors import ConflictError, ContractError, TransientError
from writ.ports.intake import DeliveryState

START = datetime.fromisoformat("2026-03-02T10:00:00+00:00")
WHICH = st.integers(0, 3)
PATH = next(path for path in PAYLOADS if path.parent.name == "issues")


def deliver(memory: MemoryIntake, body: bytes = b"", now: datetime = START, **given: Any) -> Receipt:
    body = body or PATH.read_bytes()
    return receive(open_webhook(headers(body, **given), body, (SECRET,)), memory.ports, now)


def test_delivery_is_recorded_stored_and_published() -> None:
    memory = MemoryIntake()
    receipt = deliver(memory)
    assert receipt == Receipt(DELIVERY, f"gh-{DELIVERY}", "IssueChanged.v1", duplicate=False)
    assert memory.records[DELIVERY].state is DeliveryState.PUBLISHED
    [(key, (body, sha256))] = memory.objects.items()
    assert body == PATH.read_bytes()
    [event] = memory.events
    assert (event.id, event.meta.producer, event.meta.cause) == (f"gh-{DELIVERY}", "intake", DELIVERY)
    assert event.data.model_dump()["payload"] == {"key": key, "sha256": sha256}


def test_repeat_is_answered_the_same_and_publishes_nothing() -> None:
    memory = MemoryIntake()
    first, second = deliver(memory), deliver(memory, now=START + timedelta(days=3))
    assert (first.duplicate, second.duplicate) == (False, True)
    assert (first.event_id, first.type) == (second.event_id, second.type)
    assert len(memory.events) == 1


def test_other_body_under_a_used_id_is_a_conflict() -> None:
    memory = MemoryIntake()
    deliver(memory)
    with pytest.raises(ConflictError) as refused:
        deliver(memory, PATH.read_bytes() + b" ")
    assert (refused.value.code, refused.value.field) == ("conflict.delivery", "X-GitHub-Delivery")
    assert len(memory.events) == 1
    assert memory.objects[f"github/{DELIVERY}.json"][0] == PATH.read_bytes()


def test_refused_payload_leaves_nothing_behind() -> None:
    memory = MemoryIntake()
    with pytest.raises(ContractError, match=r"issue\.number"):
        deliver(memory, json.dumps({"action": "opened", "repository": {"full_name": "a/b"}}).encode())
    assert memory.is_empty()


@given(seed=st.integers(0, 2**32), rate=st.sampled_from([0.1, 0.3, 0.6]), order=st.lists(WHICH, max_size=10))
def test_one_event_id_a_delivery_whatever_crashes(seed: int, rate: float, order: list[int]) -> None:
    """I2 and I4 at the door: faults before and after every port call, interleaved attempts, redelivery."""
    memory = MemoryIntake()
    faults = Faults(random.Random(seed), rate)
    faulty = IntakePorts(*(faults.wrap(memory, name) for name in ("deliveries", "payloads", "bus")))
    acknowledged: set[str] = set()

    def attempt(which: int, ports: IntakePorts, minute: int) -> None:
        path = PAYLOADS[which]
        body = path.read_bytes()
        webhook = open_webhook(
            headers(body, event=path.parent.name, delivery=f"delivery-{which}"), body, (SECRET,)
        )
        with suppress(Crash, TransientError):
            acknowledged.add(receive(webhook, ports, START + timedelta(minutes=minute)).event_id)
        assert acknowledged <= {event.id for event in memory.events}

    for minute, which in enumerate(order):
        faults.meanwhile = lambda which=which, minute=minute: attempt(which, faulty, minute)
        attempt(which, faulty, minute)
    for which in set(order):
        attempt(which, memory.ports, len(order))  # the sender tries again until it is answered
    assert {event.id for event in memory.events} == {f"gh-delivery-{which}" for which in set(order)}
    for which in set(order):
        same = [event.detail() for event in memory.events if event.id == f"gh-delivery-{which}"]
        assert all(detail == same[0] for detail in same)
        assert memory.objects[f"github/delivery-{which}.json"][0] == PAYLOADS[which].read_bytes()
        assert memory.records[f"delivery-{which}"].state is DeliveryState.PUBLISHED
