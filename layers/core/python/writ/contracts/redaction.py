"""What must not leave: secrets by the name of their field or by their shape, and personal data (I9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from writ.contracts.personal import mask_numbers

MASK: Final = "[redacted]"
MAX_DEPTH: Final = 64
# Below these lengths nothing can match: `a@b.cc`, `xoxb-` with ten more, `bearer ` with sixteen more.
_SHORTEST: Final = 6
_SHORTEST_SECRET: Final = 15
_SHORTEST_BEARER: Final = 23
_LONGEST_KNOWN: Final = 64
_BYTES: Final = (bytes, bytearray, memoryview)
_CONTAINERS: Final = (dict, list, tuple, set, frozenset, Mapping)  # the commonest first

_SECRET_WORDS: Final = frozenset(
    {
        "authorization",
        "cookie",
        "credential",
        "credentials",
        "cookies",
        "email",
        "emails",
        "mail",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "pwd",
        "secret",
        "secrets",
        "token",
        "tokens",
    }
)
_SECRET_PAIRS: Final = frozenset({("api", "key"), ("private", "key"), ("access", "key"), ("signing", "key")})
# `secret_type` or `token_count` describe a secret without being one.
_HARMLESS_ENDINGS: Final = frozenset({"arn", "at", "count", "id", "kind", "name", "state", "status", "type"})
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

# Repetitions are bounded or start where no other can, so that no text makes a pattern slow. A pattern first
# looks whether a character begins any of its alternatives at all, instead of trying them one by one.
_SHAPES: Final = re.compile(
    r"""
    (?=[-gAexrsnp])(?:
      -----BEGIN\ [A-Z0-9 ]{0,40}PRIVATE\ KEY-----.*?(?:-----END\ [A-Z0-9 ]{0,40}PRIVATE\ KEY-----|\Z)
    | \bgh[opsur]_[A-Za-z0-9]{16,255}
    | \bgithub_pat_[A-Za-z0-9_]{22,255}
    | \b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b
    | (?<![\w-])eyJ[\w-]{5,4096}\.[\w-]{5,16384}\.[\w-]{0,4096}
    | \bxox[abeprs]-[\w-]{10,255}
    | \b[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}
    | \bAIza[\w-]{35}
    | \b(?:npm_|pypi-)[\w-]{16,255}
    )
    """,
    re.VERBOSE | re.DOTALL,
)
# The local part as RFC 5322 spells an atom.
_MAIL: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,126}[^\W\d_]{2,63}")
_USERINFO: Final = re.compile(r"(?<=://)[^/\s:@]{0,256}:[^/\s@]{1,256}(?=@)")
_ASSIGNED: Final = re.compile(
    r"(?i)(?=[psta])((?:password|passwd|secret|token|api[_-]?key|access[_-]?key|authorization)"
    r"[\"']?\s{0,4}[=:]\s{0,4}(?:bearer\s{1,4}|basic\s{1,4})?[\"']?)[^\s\"',;&]{6,4096}"
)
_TWO_DIGITS: Final = re.compile(r"[0-9]{2}")
_BEARER: Final = re.compile(r"(?i)(\bbearer\s{1,4})[\w.~+/=-]{16,4096}")


def redact(value: Any) -> Any:
    """A copy of a JSON-like value in which secrets and personal data are masked, as in `redact_text`.

    Mappings keep their keys, sequences their length; numbers, booleans and None stay as they are unless
    their field's name says that they are secret. Redacting twice changes nothing more.
    """
    return _redact(value, 0)


def redact_text(text: str) -> str:
    """The text without secrets, mail addresses and numbers that stand for a person, known by their shape."""
    length = len(text)
    if length < _SHORTEST:
        return text
    if length >= _SHORTEST_SECRET:
        text = _SHAPES.sub(MASK, text)
    if _TWO_DIGITS.search(text):
        text = mask_numbers(text, MASK)
    if "@" in text:
        text = _MAIL.sub(MASK, _USERINFO.sub(MASK, text))
    if "=" in text or ":" in text:
        text = _ASSIGNED.sub(rf"\g<1>{MASK}", text)
    return _BEARER.sub(rf"\g<1>{MASK}", text) if length >= _SHORTEST_BEARER else text


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret or a mail address: `clientSecret`, `X-Api-Key`, `email`."""
    return _known_name(name) if len(name) <= _LONGEST_KNOWN else _names_secret(name)


def _names_secret(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _HARMLESS_ENDINGS:
        return False
    return not _SECRET_WORDS.isdisjoint(words) or not _SECRET_PAIRS.isdisjoint(pairwise(words))


# The same few hundred names come with every event.
_known_name: Final = lru_cache(2048)(_names_secret)
_known_key: Final = lru_cache(2048)(redact_text)


def _redact(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return redact_text(value)
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, _CONTAINERS):
        return MASK if depth == MAX_DEPTH else _members(value, depth + 1)
    return f"[{len(value)} bytes]" if isinstance(value, _BYTES) else value


def _members(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {_key(key): _field(key, item, depth) for key, item in value.items()}
    return [_redact(item, depth) for item in value]


def _key(key: Any) -> Any:
    if not isinstance(key, str):
        return key
    return _known_key(key) if len(key) <= _LONGEST_KNOWN else redact_text(key)


def _field(key: Any, item: Any, depth: int) -> Any:
    named = isinstance(key, str) and is_secret_name(key)
    return MASK if named and not (item is None or isinstance(item, bool)) else _redact(item, depth)
