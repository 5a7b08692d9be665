"""POST /v1/webhooks/github, wired."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache

from functions.intake.adapters import DeliveryTable, PayloadBucket, SecretsManagerSecrets
from functions.intake.receive import IntakePorts, receive
from functions.intake.webhook import open_webhook
from writ.adapters.eventbridge import EventBridgeBus
from writ.ports.intake import WebhookSecrets
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("intake")
handler = api.handler


@api.post("/v1/webhooks/github", public=True)
def github(request: Request) -> Response:
    """202 for a new delivery, 200 and the same body but for `duplicate` for a repeat."""
    ports, secrets = connect()
    webhook = open_webhook(request.headers, request.raw, secrets.valid())
    receipt = receive(webhook, ports, datetime.now(UTC))
    return Response(asdict(receipt), 200 if receipt.duplicate else 202)


@cache
def connect() -> tuple[IntakePorts, WebhookSecrets]:
    """The real ports, once in an execution environment."""
    environment = current()
    ports = IntakePorts(
        DeliveryTable(environment.table("deliveries")),
        PayloadBucket(environment.bucket("raw")),
        EventBridgeBus(environment.bus),
    )
    return ports, SecretsManagerSecrets(environment.secret("webhook"))
