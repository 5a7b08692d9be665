"""The opaque text of a cursor: a JSON value a caller hands back as he got it."""

from __future__ import annotations

import base64
import json
from typing import Any


def encode(value: Any) -> str:
    """The value as Base64 for URLs (RFC 4648, section 5), without padding."""
    text = json.dumps(value, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str) -> Any:
    """The value of a cursor. Raises ValueError or RecursionError for what `encode` cannot have made.

    What it means, and whether it belongs to the query at hand, is for the caller to check.
    """
    padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
    return json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
