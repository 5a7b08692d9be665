"""In-memory ports of intake, the payloads of GitHub, and requests as the HTTP API hands them over."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from functions.intake.receive import IntakePorts
from functions.intake.webhook import sign
from writ.contracts.event import AnyEvent
from writ.ports.intake import DeliveryRecord, DeliveryState

SAMPLES = Path(__file__).parents[2] / "events" / "github" / "samples"
PAYLOADS = sorted(SAMPLES.glob("*/*.json"))
SECRET = b"current-secret-of-the-tests"
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


@dataclass
class MemoryIntake:
    """Deliveries, payloads and the bus."""

    records: dict[str, DeliveryRecord] = field(default_factory=dict)
    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    events: list[AnyEvent] = field(default_factory=list)

    @property
    def ports(self) -> IntakePorts:
        return IntakePorts(deliveries=self, payloads=self, bus=self)

    def register(self, record: DeliveryRecord) -> DeliveryRecord:
        return self.records.setdefault(record.delivery, record)

    def published(self, record: DeliveryRecord) -> None:
        self.records[record.delivery] = replace(record, state=DeliveryState.PUBLISHED)

    def put(self, key: str, body: bytes, sha256: str) -> None:
        self.objects.setdefault(key, (body, sha256))

    def publish(self, events: Sequence[AnyEvent]) -> None:
        self.events.extend(events)

    def is_empty(self) -> bool:
        return not (self.records or self.objects or self.events)


def payload(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def headers(
    body: bytes,
    *,
    event: str = "issues",
    delivery: str = DELIVERY,
    secret: bytes = SECRET,
    **changed: str | None,
) -> dict[str, str]:
    """The headers of a delivery; one changed to None is left out (write `_` for `-`)."""
    made: dict[str, str | None] = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": delivery,
        "x-hub-signature-256": sign(body, secret),
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return {name: value for name, value in made.items() if value is not None}


def http_event(body: bytes, sent: Mapping[str, str], *, encoded: bool = False) -> dict[str, Any]:
    """A request as the HTTP API hands it to the function (payload format 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "POST /v1/webhooks/github",
        "rawPath": "/v1/webhooks/github",
        "rawQueryString": "",
        "headers": dict(sent),
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/webhooks/github"},
            "requestId": "request-1",
            "stage": "$default",
        },
        "body": base64.b64encode(body).decode() if encoded else body.decode(),
        "isBase64Encoded": encoded,
    }
