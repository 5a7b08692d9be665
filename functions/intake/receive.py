"""A genuine webhook, made durable and then an event, whatever crashes in between."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from functions.intake.normalize import Delivered, normalize
from functions.intake.webhook import Webhook
from writ.contracts.errors import ConflictError
from writ.contracts.event import make_event
from writ.ports.bus import EventBus
from writ.ports.intake import DeliveryRecord, DeliveryState, DeliveryStore, PayloadStore
from writ.trace import recording
from writ.trace.context import TraceContext
from writ.trace.span import EVENT


@dataclass(frozen=True, slots=True)
class IntakePorts:
    """Where deliveries, payloads and events go."""

    deliveries: DeliveryStore
    payloads: PayloadStore
    bus: EventBus


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a delivery, the same however often it comes but for `duplicate`."""

    delivery: str
    event_id: str
    type: str
    duplicate: bool


def receive(webhook: Webhook, ports: IntakePorts, now: datetime) -> Receipt:
    """Take in one delivery.

    Normalising comes first, so that a refused payload leaves nothing behind. Then the order is: delivery
    record, raw body, event, record marked. A crash between any two is repaired by the next delivery of
    the same id: every step may be done again, and the event keeps its id and its time.

    Raises
    ------
    ContractError
        The payload does not satisfy its contract; nothing was written.
    ConflictError
        `conflict.delivery`: the id was used for another body.
    TransientError
        A dependency failed; deliver again.
    """
    if (begun := TraceContext.parse(_trace(webhook.delivery))) is not None:
        recording.current().join(begun)
    recording.current().set(EVENT, f"gh-{webhook.delivery}")
    key = f"github/{webhook.delivery}.json"
    data = normalize(Delivered(webhook.delivery, webhook.event, key, webhook.sha256), webhook.payload)
    record = ports.deliveries.register(
        DeliveryRecord(webhook.delivery, webhook.sha256, data.detail_type, received_at=now)
    )
    if record.sha256 != webhook.sha256:
        raise ConflictError(
            "this delivery id was used for another body", code="conflict.delivery", field="X-GitHub-Delivery"
        )
    event_id = f"gh-{webhook.delivery}"
    if record.state is DeliveryState.PUBLISHED:
        return Receipt(webhook.delivery, event_id, record.event_type, duplicate=True)
    ports.payloads.put(key, webhook.body, webhook.sha256)
    event = make_event(
        data,
        id=event_id,
        time=record.received_at,
        producer="intake",
        trace=_trace(webhook.delivery),
        cause=webhook.delivery,
    )
    ports.bus.publish([event])
    ports.deliveries.published(record)
    return Receipt(webhook.delivery, event_id, data.detail_type, duplicate=False)


def _trace(delivery: str) -> str:
    """A traceparent that every attempt at one delivery shares: here begins the trace of what follows."""
    digest = hashlib.sha256(delivery.encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"
