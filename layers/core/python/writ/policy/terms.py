"""Python values as Rego input, whole.

regopy 1.5.2 writes strings into its syntax tree unescaped, ends them at a NUL and wraps integers past 64
bits: `"` breaks a query, and 2**64 arrives as 0, below any limit. So strings go in escaped, as the tree holds
them, and what does not fit is refused.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from regopy import Input

from writ.policy.errors import PolicyError

MAX_DEPTH: Final = 64
MAX_INTEGER: Final = 2**53  # past it a JSON number is no longer one number to everybody (RFC 8259, 6)
_SPECIAL: Final = re.compile(r'[\x00-\x1f"\\\x7f\ud800-\udfff]')


def to_input(value: Any) -> Input:
    """Encode a JSON value. Raises PolicyError for what JSON or the engine cannot hold exactly."""
    return Input(_encoded(value, 0))


def _encoded(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise PolicyError(f"input is nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return json.dumps(value)[1:-1] if _SPECIAL.search(value) else value
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {_encoded(key, depth): _encoded(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encoded(item, depth + 1) for item in value]
    raise PolicyError(f"input holds a {type(value).__name__} that is not plain JSON")
