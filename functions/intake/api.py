"""POST /v1/webhooks/github, wired."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.intake import answers
from functions.intake.adapters import DeliveryTable, PayloadBucket, SecretsManagerSecrets
from functions.intake.receive import IntakePorts, receive
from functions.intake.webhook import open_webhook
from writ.adapters.eventbridge import EventBridgeBus
from writ.contracts.errors import WritError
from writ.ports.intake import WebhookSecrets
from writ.runtime.environment import Environment
from writ.runtime.telemetry import emit, logger


def handler(request: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload format 2.0)."""
    started = time.perf_counter()
    answer, noted = respond(request)
    elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
    logger("intake").info("webhook answered", status=answer["statusCode"], duration_ms=elapsed_ms, **noted)
    emit("intake", {"Requests": 1, "RequestsFailed": int(answer["statusCode"] >= 500)}, elapsed_ms)
    return answer


def respond(request: dict[str, Any]) -> tuple[answers.Answer, dict[str, Any]]:
    """The answer, and what the log line says of it."""
    try:
        ports, secrets = connect()
        receipt = receive(open_webhook(request, secrets.valid()), ports, datetime.now(UTC))
    except WritError as error:
        return answers.refused(error), {"code": error.code, "field": error.field, "reason": error.message}
    return answers.accepted(receipt), {"event_id": receipt.event_id, "event_type": receipt.type}


@cache
def connect() -> tuple[IntakePorts, WebhookSecrets]:
    """The real ports, once in an execution environment."""
    environment = Environment.load()
    ports = IntakePorts(
        DeliveryTable(environment.table("deliveries")),
        PayloadBucket(environment.bucket("raw")),
        EventBridgeBus(environment.bus),
    )
    return ports, SecretsManagerSecrets(environment.secret("webhook"))
