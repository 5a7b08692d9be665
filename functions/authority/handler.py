"""Called by other functions, directly: {"public_key", "proof"} in, {"certificate"} or {"error"} out.

{"root": true} makes the root certificate where there is none, and answers with it: it certifies nobody.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from functions.authority.certify import certify, root_certificate
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
        ports = connect(context.function_name)
        if request.get("root") is True:
            return {"certificate": root_certificate(ports).public_bytes(Encoding.PEM).decode()}
        pem = certify(request, account, ports)
    except WritError as error:
        log.warning("refused", code=error.code, field=error.field, reason=error.message)
        telemetry.emit(SERVICE, {"Refused": 1})
        return refusal(error)
    log.info("certified")
    telemetry.emit(SERVICE, {"Certified": 1})
    return {"certificate": pem.decode()}
