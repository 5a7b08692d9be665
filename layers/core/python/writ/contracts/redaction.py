"""What must not leave: secrets by the name of their field or by their shape, and personal data (I9)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from writ.pii import hints

MASK: Final = "[redacted]"
MAX_DEPTH: Final = 64
# Below these lengths nothing can match: `a@b.cc`, a number of nine digits.
_SHORTEST: Final = 6
_SHORTEST_OTHER: Final = 9
_TOKENS, _ASSIGNED, _MAIL, _NUMBERS, _CODES = (1 << place for place in range(5))
# Few longer texts have no hint at all: there the detectors look at once.
_LONGEST_HINTED: Final = 4096
_EVERY: Final = _TOKENS | _ASSIGNED | _MAIL | _NUMBERS | _CODES
_LONGEST_NAME: Final = 64
_LONGEST_KNOWN: Final = 128
_MOST_KNOWN: Final = 4096
# Texts in which there was nothing: the same names, states and addresses come with every event.
_clean: Final[set[str]] = set()
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

# How sure a detector has to be of a number for it to be masked. Who reads a log needs addresses of machines;
# names and dates, which only words give away, are left to who scans for them.
_LEAST: Final = {"card": 1, "iban": 1, "us_ssn": 2, "us_itin": 2}
_LEAST_NATIONAL: Final = 3


def redact(value: Any) -> Any:
    """A copy of a JSON-like value in which secrets and personal data are masked, as in `redact_text`.

    Mappings keep their keys, sequences their length; numbers, booleans and None stay as they are unless
    their field's name says that they are secret. What is no JSON counts as the text that it is written as.
    Redacting twice changes nothing more.
    """
    return _redact(value, 0)


def redact_text(text: str) -> str:
    """The text without secrets, mail addresses and numbers that stand for a person, known by their shape."""
    if len(text) < _SHORTEST or text in _clean:
        return text
    found = _detectors(text)
    if found != _EVERY and (read := hints.unescaped(text)) != text:
        found |= _detectors(read)
    spans = _found(text, found) if found else None
    if spans:
        return _masked(text, sorted(spans))
    if len(text) <= _LONGEST_KNOWN:
        if len(_clean) >= _MOST_KNOWN:
            _clean.clear()
        _clean.add(text)
    return text


def _detectors(text: str) -> int:
    """Those that this text may have something for."""
    if len(text) > _LONGEST_HINTED:
        return _EVERY
    found = _MAIL if "@" in text else 0
    if len(text) < _SHORTEST_OTHER:
        return found | _ASSIGNED if found else 0
    lower = text.lower()
    if hints.assigned(text, lower):
        found |= _ASSIGNED
    spread = " " + text + " "
    raw = spread.encode("latin-1", "replace")
    if len(text) >= hints.SHORTEST_TOKEN and hints.tokens(text, spread, raw):
        found |= _TOKENS
    classes = raw.translate(hints.CLASSES).decode("latin-1")
    if "00" in classes:
        if hints.identities(text, lower, raw):
            found |= _NUMBERS
        if hints.codes(spread, lower, classes):
            found |= _CODES
    return found


def _found(text: str, detectors: int) -> list[tuple[int, int]]:
    """Where something is to be masked; a detector is loaded when a text first has something for it."""
    from writ.pii.sheet import Sheet

    sheet = Sheet(text)
    spans: list[tuple[int, int]] = []
    if detectors & _TOKENS:
        from writ.pii import tokens

        spans += [span[:2] for span in tokens.find(sheet)]
    if detectors & _ASSIGNED:
        from writ.pii import assigned

        spans += [span[:2] for span in assigned.find(sheet)]
    if detectors & _MAIL:
        from writ.pii import mail

        spans += [span[:2] for span in mail.find(sheet)]
    if detectors & _NUMBERS:
        from writ.pii import numbers

        spans += _sure(numbers.find_identities(sheet))
    if detectors & _CODES:
        from writ.pii import codes

        spans += _sure(codes.find(sheet))
    return spans


def _sure(found: Iterable[tuple[int, int, str, int]]) -> Iterator[tuple[int, int]]:
    for start, end, kind, sure in found:
        if sure >= _LEAST.get(kind, _LEAST_NATIONAL):
            yield start, end


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in spans:
        if start > done or not parts:
            parts += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret or a mail address: `clientSecret`, `X-Api-Key`, `email`."""
    return _known_name(name) if len(name) <= _LONGEST_NAME else _names_secret(name)


def _names_secret(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _HARMLESS_ENDINGS:
        return False
    return not _SECRET_WORDS.isdisjoint(words) or not _SECRET_PAIRS.isdisjoint(pairwise(words))


# The same few hundred names come with every event.
_known_name: Final = lru_cache(2048)(_names_secret)


def _redact(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return redact_text(value)
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, _CONTAINERS):
        return MASK if depth == MAX_DEPTH else _members(value, depth + 1)
    return f"[{len(value)} bytes]" if isinstance(value, _BYTES) else _shown(value)


def _shown(value: Any) -> Any:
    """What is no JSON stays as it is unless it is written as a text that is masked: an exception, a path."""
    written = str(value)
    masked = redact_text(written)
    return value if masked == written else masked


def _members(value: Any, depth: int) -> Any:
    if isinstance(value, (dict, Mapping)):  # the commonest first
        return {_key(key): _field(key, item, depth) for key, item in value.items()}
    return [_redact(item, depth) for item in value]


def _key(key: Any) -> Any:
    return redact_text(key) if isinstance(key, str) else key


def _field(key: Any, item: Any, depth: int) -> Any:
    named = isinstance(key, str) and is_secret_name(key)
    return MASK if named and not (item is None or isinstance(item, bool)) else _redact(item, depth)
