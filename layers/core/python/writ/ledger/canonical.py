"""One value, one byte string: RFC 8785 canonical JSON, and base64 with no second spelling."""

from __future__ import annotations

import json
import re
from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from typing import Any, Final

import rfc8785

from writ.contracts.errors import ContractError

_MAX_INTEGER: Final = 2**53 - 1
_MAX_DIGITS: Final = 15
# The value of a member whose name ends in a letter, digit or underscore, with the end of that name: a string
# of printable ASCII without escapes, or a natural number of at most 15 digits. Both have one spelling only.
_VALUE: Final = re.compile(rb'":(?<=[0-9A-Za-z_]":)(?:"[ !#-\[\]-~]*"|0|[1-9][0-9]{0,14})(?=[,}])')
_MAX_SHAPE: Final = 4096
_SHAPES: Final = 512
_encode: Final = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
).encode


def canonical(value: Any) -> bytes:
    """The RFC 8785 form of a JSON value.

    The C encoder of the standard library writes the same bytes wherever keys are ASCII (so that code
    point order is UTF-16 order) and no number is a float; everything else goes through `rfc8785`.

    Raises
    ------
    ContractError
        `contract.not_canonical`: a type, number, key or code point JSON cannot carry exactly, or
        nesting deeper than the interpreter's stack.
    """
    try:
        return _encode(value).encode() if _is_plain(value) else rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise ContractError(f"no canonical form: {error}", code="contract.not_canonical") from None


def is_canonical(data: bytes) -> bool:
    """Whether bytes are the RFC 8785 form of a JSON value, and so can be read in one way only.

    Statements are many and their shapes are few, so the answer is remembered for the shape: the same text
    with 0 in place of plain values. Either both texts are canonical or neither is. In canonical form a quote
    behind a letter closes a string, and the colon after it makes that a name; what follows up to a comma or
    brace is the member's whole value, on which neither the order of names nor any other value depends.
    """
    shape = _VALUE.sub(b'":0', data)
    return _is_known_shape(shape) if len(shape) <= _MAX_SHAPE else _is_own_form(shape)


def _is_own_form(data: bytes) -> bool:
    """The same, by writing the value anew."""
    try:
        if data.isascii():
            try:
                return _encode(_decode_plain(data.decode())).encode() == data
            except _NotPlainError:
                pass
        return canonical(_decode(data.decode())) == data
    except (ValueError, RecursionError, ContractError):
        return False


_is_known_shape: Final = lru_cache(_SHAPES)(_is_own_form)


def b64decode_exact(data: bytes) -> bytes:
    """The bytes of base64 as `b64encode` writes it (RFC 4648, section 3.5).

    Decoders skip the bits left over before the padding, so that several texts decode to the same bytes;
    where a text is itself evidence, only one of them may pass.

    Raises
    ------
    ValueError
        The text is not base64, or is another spelling of the bytes it stands for.
    """
    decoded = a2b_base64(data, strict_mode=True)
    # Only the last four characters can leave bits over, or be one too few or too many.
    last = decoded[-(len(decoded) % 3 or 3) :]
    if len(data) != (len(decoded) + 2) // 3 * 4 or b2a_base64(last, newline=False) != data[-4:]:
        raise ValueError("base64 with stray bits")
    return decoded


class _NotPlainError(Exception):
    """A number that the C encoder may spell in another way than RFC 8785 does."""


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise _NotPlainError
    return int(text)


def _fraction(_text: str) -> float:
    raise _NotPlainError


def _double(text: str) -> int | float:
    """What RFC 8785 takes a number for: an IEEE double."""
    value = float(text)
    return int(value) if abs(value) <= _MAX_INTEGER else value


_decode_plain: Final = json.JSONDecoder(
    parse_int=_integer, parse_float=_fraction, parse_constant=_fraction
).decode
_decode: Final = json.JSONDecoder(parse_int=_double).decode


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii() or not (type(item) is str or _is_plain(item)):
                return False
        return True
    if kind is list or kind is tuple:
        return all(map(_is_plain, value))
    return kind is int and -_MAX_INTEGER <= value <= _MAX_INTEGER
