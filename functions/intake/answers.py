"""What a sender is told: a receipt, or a problem document (RFC 9457) with code and field."""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from functions.intake.receive import Receipt
from writ.contracts.errors import ConflictError, ContractError, WritError

_RETRY_AFTER_S: Final = 5
_STATUS: Final = {
    "webhook.unsigned": HTTPStatus.UNAUTHORIZED,
    "webhook.bad_signature": HTTPStatus.UNAUTHORIZED,
    "webhook.too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "webhook.not_json": HTTPStatus.BAD_REQUEST,
    "webhook.too_deep": HTTPStatus.BAD_REQUEST,
    "webhook.bad_header": HTTPStatus.BAD_REQUEST,
}

Answer = dict[str, Any]


def accepted(receipt: Receipt) -> Answer:
    """202 for a new delivery, 200 with the same body but for `duplicate` for a repeat."""
    status = HTTPStatus.OK if receipt.duplicate else HTTPStatus.ACCEPTED
    return _answer(status, "application/json", asdict(receipt))


def refused(error: WritError) -> Answer:
    """The problem document of an error; what is not the sender's fault keeps its details to itself."""
    status = status_of(error)
    document = {
        "type": f"urn:writ:problem:{error.code}",
        "title": status.phrase,
        "status": status.value,
        "detail": error.message if status < HTTPStatus.INTERNAL_SERVER_ERROR else "try again later",
        "code": error.code,
    }
    if error.field is not None:
        document["field"] = error.field
    answer = _answer(status, "application/problem+json", document)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        answer["headers"]["retry-after"] = str(_RETRY_AFTER_S)
    return answer


def status_of(error: WritError) -> HTTPStatus:
    """The HTTP status of an error."""
    if isinstance(error, ContractError):
        return _STATUS.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    if isinstance(error, ConflictError):
        return HTTPStatus.CONFLICT
    return HTTPStatus.SERVICE_UNAVAILABLE if error.retryable else HTTPStatus.INTERNAL_SERVER_ERROR


def _answer(status: HTTPStatus, media_type: str, document: Answer) -> Answer:
    return {
        "statusCode": status.value,
        "headers": {"content-type": media_type, "cache-control": "no-store"},
        "body": json.dumps(document, separators=(",", ":")),
        "isBase64Encoded": False,
    }
