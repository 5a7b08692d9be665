"""What a function that is called directly answers instead of a result."""

from __future__ import annotations

from typing import Any

from writ.contracts.errors import WritError


def refusal(error: WritError) -> dict[str, Any]:
    """The answer for an error; `writ.adapters.call` makes an error of it again."""
    said: dict[str, Any] = {"code": error.code, "message": error.message, "retryable": error.retryable}
    return {"error": {**said, "field": error.field} if error.field else said}
