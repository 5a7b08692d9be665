"""A request, checked until it is a webhook that GitHub made: size, signature, JSON, headers."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from writ.contracts.errors import ContractError, WritError

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 64

_SIGNATURE: Final = re.compile(r"sha256=[0-9a-f]{64}")
_EVENT: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DELIVERY: Final = re.compile(r"[0-9A-Za-z-]{8,64}")


class AuthenticationError(WritError):
    """The request does not prove that it comes from GitHub."""

    code = "authentication.bad_signature"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A genuine delivery: GitHub's delivery id and event name, the raw body with its digest, the payload."""

    delivery: str
    event: str
    body: bytes
    sha256: str
    payload: Mapping[str, Any]


def open_webhook(headers: Mapping[str, str], body: bytes, secrets: tuple[bytes, ...]) -> Webhook:
    """Check a request, cheapest and least trusting check first; header names are in lower case.

    The signature covers the body only: GitHub signs neither the event name nor the delivery id.

    Raises
    ------
    ContractError
        `too_large`, `contract.not_json`, `contract.too_deep` or `contract.bad_header`, with the header or
        `body` as field.
    AuthenticationError
        `authentication.unsigned` or `authentication.bad_signature`.
    """
    _check_size(headers.get("content-length", ""), body)
    _check_signature(headers.get("x-hub-signature-256"), body, secrets)
    payload = _parse(body)
    event = _header(headers, "X-GitHub-Event", _EVENT)
    delivery = _header(headers, "X-GitHub-Delivery", _DELIVERY)
    return Webhook(delivery, event, body, hashlib.sha256(body).hexdigest(), payload)


def sign(body: bytes, secret: bytes) -> str:
    """The `X-Hub-Signature-256` of a body.

    https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
    """
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def _check_size(announced: str, body: bytes) -> None:
    size = int(announced[:12]) if announced.isascii() and announced.isdigit() else 0
    if max(size, len(body)) > MAX_BYTES:
        raise ContractError(f"the body is over {MAX_BYTES} bytes", code="too_large", field="body")


def _check_signature(signature: str | None, body: bytes, secrets: tuple[bytes, ...]) -> None:
    field = "X-Hub-Signature-256"
    if not signature:
        raise AuthenticationError("the request is not signed", code="authentication.unsigned", field=field)
    if _SIGNATURE.fullmatch(signature) is None:
        raise AuthenticationError("the signature is not of the form sha256=<hex>", field=field)
    # A list, not any(): which of the secrets matched must not show in the time taken.
    matches = [hmac.compare_digest(sign(body, secret), signature) for secret in secrets]
    if True not in matches:
        raise AuthenticationError("the signature does not match", field=field)


def _parse(body: bytes) -> Mapping[str, Any]:
    try:
        payload = json.loads(body.decode(), parse_constant=_refuse_constant)
        if b"\\u" in body:
            json.dumps(payload, ensure_ascii=False).encode()  # a lone surrogate is no text
    except RecursionError:
        _too_deep()
    except ValueError:
        raise ContractError("the body is not JSON in UTF-8", code="contract.not_json", field="body") from None
    if not isinstance(payload, dict):
        raise ContractError("the body is not a JSON object", code="contract.not_json", field="body")
    if _depth_exceeds(payload, MAX_DEPTH):
        _too_deep()
    return payload


def _too_deep() -> NoReturn:
    message = f"the body is nested deeper than {MAX_DEPTH} levels"
    raise ContractError(message, code="contract.too_deep", field="body") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _depth_exceeds(document: dict[str, Any], limit: int) -> bool:
    level: list[Any] = [document]
    for _ in range(limit):
        children = (child for item in level for child in (item.values() if isinstance(item, dict) else item))
        level = [child for child in children if isinstance(child, dict | list)]
    return bool(level)


def _header(headers: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = headers.get(name.lower())
    if value is None:
        raise ContractError(f"{name} is missing", code="contract.bad_header", field=name)
    if form.fullmatch(value) is None:
        raise ContractError(f"{name} is malformed", code="contract.bad_header", field=name)
    return value
