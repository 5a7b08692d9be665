"""Python values as Rego input, whole.

regopy 1.5.2 writes strings into its syntax tree unescaped, ends them at a NUL and wraps integers past 64
bits: `"` breaks a query, and 2**64 arrives as 0, below any limit. So strings go in escaped, as the tree holds
them, and what does not fit is refused.

The tree is built by calls of the engine's C interface. regopy's own builder makes the same calls and takes
twice as long, 50 µs more for a decision. https://microsoft.github.io/rego-cpp/c/index.html
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from regopy import Input
from regopy.rego_shared import rego as engine
from regopy.rego_shared import rego_new_input

from writ.policy.errors import PolicyError

MAX_DEPTH: Final = 64
MAX_INTEGER: Final = 2**53  # past it a JSON number is no longer one number to everybody (RFC 8259, 6)
_SPECIAL: Final = re.compile(r'[\x00-\x1f"\\\x7f\ud800-\udfff]')

# Each pushes one value on the stack of a tree; `_object` and `_array` first pop their members. 0 is success.
_string: Final[Callable[[int, bytes], int]] = engine.regoInputString
_integer: Final[Callable[[int, int], int]] = engine.regoInputInt
_float: Final[Callable[[int, float], int]] = engine.regoInputFloat
_boolean: Final[Callable[[int, bool], int]] = engine.regoInputBoolean
_null: Final[Callable[[int], int]] = engine.regoInputNull
_member: Final[Callable[[int], int]] = engine.regoInputObjectItem
_object: Final[Callable[[int, int], int]] = engine.regoInputObject
_array: Final[Callable[[int, int], int]] = engine.regoInputArray


def to_input(value: Any) -> Input:
    """Encode a JSON value. Raises PolicyError for what JSON or the engine cannot hold exactly."""
    return _Tree(value)


class _Tree(Input):  # type: ignore[misc]
    """An Input, which frees its tree, built by another builder."""

    def __init__(self, value: Any) -> None:
        self._impl = rego_new_input()
        if _push(self._impl, value, 0):
            raise PolicyError("the engine does not take the input")


def _push(tree: int, value: Any, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise PolicyError(f"input is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        return _string(tree, _encoded(value))
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise PolicyError(f"input has a key of type {type(key).__name__}")
            if _string(tree, _key(key)) or _push(tree, item, depth + 1) or _member(tree):
                return 1
        return _object(tree, len(value))
    if isinstance(value, (list, tuple)):
        return any(_push(tree, item, depth + 1) for item in value) or _array(tree, len(value))
    return _push_scalar(tree, value)


def _push_scalar(tree: int, value: Any) -> int:
    if value is None:
        return _null(tree)
    if isinstance(value, bool):
        return _boolean(tree, value)
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return _integer(tree, value)
    if isinstance(value, float) and math.isfinite(value):
        return _float(tree, value)
    raise PolicyError(f"input holds a {type(value).__name__} that is not plain JSON")


def _encoded(text: str) -> bytes:
    return (json.dumps(text)[1:-1] if _SPECIAL.search(text) else text).encode()


_key: Final = lru_cache(maxsize=256)(_encoded)  # documents have the same keys again and again
