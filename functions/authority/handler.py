"""Called by other functions, directly: {"public_key", "proof"} in, {"certificate"} or {"error"} out."""

from __future__ import annotations

from typing import Any

from functions.authority.certify import certify
from functions.authority.ports import connect
from writ.contracts.errors import WritError
from writ.runtime import telemetry
from writ.runtime.refusal import refusal

SERVICE = "authority"


def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    """Certify a session key. A refusal is an answer: it carries no more than code, message and field."""
    log = telemetry.logger(SERVICE)
    account = context.invoked_function_arn.split(":")[4]
    try:
        pem = certify(request, account, connect(context.function_name))
    except WritError as error:
        log.warning("refused", code=error.code, field=error.field, reason=error.message)
        telemetry.emit(SERVICE, {"Refused": 1})
        return refusal(error)
    log.info("certified")
    telemetry.emit(SERVICE, {"Certified": 1})
    return {"certificate": pem.decode()}
