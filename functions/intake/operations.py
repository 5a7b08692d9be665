"""What the route of webhooks takes and answers, for the description of the API."""

from __future__ import annotations

from typing import Any, Final

from writ.openapi.operation import Operation, Operations, Shown


class DeliveryReceipt(Shown):
    """What a delivery became; the same for a repeat but for `duplicate`."""

    delivery: str
    event_id: str
    type: str
    duplicate: bool


OPERATIONS: Final[Operations] = {
    "POST /v1/webhooks/github": Operation(
        DeliveryReceipt,
        status=(200, 202),
        body=dict[str, Any],
        headers={
            "X-GitHub-Event": "The name of the event",
            "X-GitHub-Delivery": "The id of the delivery, a UUID",
            "X-Hub-Signature-256": "`sha256=` and the HMAC of the raw body, in hex",
        },
        errors=("authentication.*", "conflict.delivery", "dependency.*", "too_large"),
    ),
}
