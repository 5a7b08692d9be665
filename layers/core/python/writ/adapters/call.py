"""Calling another function directly: JSON in, JSON or the other's own error out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.contracts.errors import ConflictError, NotFoundError, TransientError, WritError

_KINDS = {"conflict": ConflictError, "not_found": NotFoundError}


def call(function: str, request: Mapping[str, Any], service: str) -> Mapping[str, Any]:
    """What a function answers.

    Raises its own error where it answers with one, and TransientError `<service>.failed` for anything but
    an answer: a crash, a timeout, what is not a JSON object.
    """
    try:
        answer = aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(request).encode())
        body = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError) as error:
        raise aws.failure(error, f"calling {service}") from error
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        raise _refusal(body["error"], service)
    if answer.get("FunctionError") or not isinstance(body, dict):
        raise failed(service)
    return body


def failed(service: str) -> TransientError:
    """The error for an answer that is none; it may pass."""
    return TransientError(f"the {service} failed", code=f"{service}.failed")


def _refusal(error: Mapping[str, Any], service: str) -> WritError:
    code, message = str(error.get("code", f"{service}.refused")), str(error.get("message", ""))
    kind = TransientError if error.get("retryable") else _KINDS.get(code.partition(".")[0], WritError)
    field = error.get("field")
    return kind(message, code=code, field=None if field is None else str(field))
