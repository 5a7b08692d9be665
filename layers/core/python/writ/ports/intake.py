"""What receiving a webhook needs from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class DeliveryState(StrEnum):
    """RECEIVED: the delivery is known, its event may not be on the bus yet. PUBLISHED: it is."""

    RECEIVED = "received"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One delivery; its id is the sender's, `sha256` the digest of the raw body in hex."""

    delivery: str
    sha256: str
    event_type: str
    received_at: datetime
    state: DeliveryState = DeliveryState.RECEIVED


class DeliveryStore(Protocol):
    """Permanent records of deliveries."""

    def register(self, record: DeliveryRecord) -> DeliveryRecord:
        """Write the record if its id is new; return what is stored, which is an earlier one otherwise."""

    def published(self, record: DeliveryRecord) -> None:
        """Mark a delivery as published; a repeat changes nothing."""


class PayloadStore(Protocol):
    """Raw bodies, write once."""

    def put(self, key: str, body: bytes, sha256: str) -> None:
        """Store the body; the store checks it against `sha256`. An object that is there already stays."""


class WebhookSecrets(Protocol):
    """The secrets that a signature may be made with: one, or two while they are rotated."""

    def valid(self) -> tuple[bytes, ...]: ...
