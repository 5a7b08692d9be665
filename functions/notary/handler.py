"""Called by other functions, directly: {"index"} in, {"integrated_at", "signature"} or {"error"} out."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from functions.notary.attest import attest
from functions.notary.ports import connect
from writ.contracts.errors import WritError
from writ.runtime import telemetry
from writ.runtime.refusal import refusal

SERVICE = "notary"


def handler(request: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Promise one leaf. A refusal is an answer: it carries no more than code, message and field."""
    log = telemetry.logger(SERVICE)
    try:
        promise = attest(request, connect())
    except WritError as error:
        log.warning("refused", code=error.code, field=error.field, reason=error.message)
        telemetry.emit(SERVICE, {"Refused": 1})
        return refusal(error)
    telemetry.emit(SERVICE, {"Promised": 1})
    signature = b64encode(promise.signature).decode()
    return {"integrated_at": int(promise.integrated_at.timestamp()), "signature": signature}
