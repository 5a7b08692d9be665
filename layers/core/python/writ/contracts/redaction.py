"""What must not leave: secrets by the name of their field or by their shape, and personal data (I9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from writ.pii.finding import Confidence
    from writ.pii.sheet import Sheet

MASK: Final = "[redacted]"
MAX_DEPTH: Final = 64
# Below these lengths nothing can match: `a@b.cc`, `xoxb-` with ten more.
_SHORTEST: Final = 6
_SHORTEST_SECRET: Final = 15
_NEVER: Final = 4  # more than the highest confidence
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

# One of these is in every text that has something to mask: what most texts are spared the detectors by.
_HINT: Final = re.compile(r"[@=:]|[0-9]{2}|[\w-]{15}|-----|eyJ|[Bb][Ee][Aa][Rr][Ee][Rr]")
_TWO_DIGITS: Final = re.compile(r"[0-9]{2}")


def redact(value: Any) -> Any:
    """A copy of a JSON-like value in which secrets and personal data are masked, as in `redact_text`.

    Mappings keep their keys, sequences their length; numbers, booleans and None stay as they are unless
    their field's name says that they are secret. Redacting twice changes nothing more.
    """
    return _redact(value, 0)


def redact_text(text: str) -> str:
    """The text without secrets, mail addresses and numbers that stand for a person, known by their shape."""
    if len(text) < _SHORTEST or not _HINT.search(text):
        return text
    from writ.pii.sheet import Sheet

    sheet = Sheet(text)
    least = _least()
    spans = [
        (start, end)
        for find in _detectors(text)
        for start, end, kind, sure in find(sheet)
        if sure >= least.get(kind, _NEVER)
    ]
    return _masked(text, sorted(spans)) if spans else text


@cache
def _least() -> dict[str, int]:
    """What detectors say at the least about a kind for it to be masked.

    Who reads a log needs addresses of machines, and names and dates that only words give away are no proof:
    these are left to who scans for them.
    """
    from writ.pii.finding import Confidence
    from writ.pii.kinds import KINDS, Group

    national = {kind.id: Confidence.HIGH for kind in KINDS if kind.group is Group.NATIONAL}
    secrets = {kind.id: Confidence.LOW for kind in KINDS if kind.group is Group.SECRET}
    always = dict.fromkeys(("mail", "card", "iban"), Confidence.LOW)
    structured = dict.fromkeys(("us_ssn", "us_itin"), Confidence.MEDIUM)
    return {**national, **secrets, **always, **structured}


def _detectors(text: str) -> Iterator[Callable[[Sheet], Iterator[tuple[int, int, str, Confidence]]]]:
    """Those that this text has anything for; loaded when a text first has."""
    if len(text) >= _SHORTEST_SECRET:
        from writ.pii import tokens

        yield tokens.find
    if "=" in text or ":" in text or "earer" in text.lower():
        from writ.pii import assigned

        yield assigned.find
    if "@" in text:
        from writ.pii import mail

        yield mail.find
    if _TWO_DIGITS.search(text):
        from writ.pii import codes, numbers

        yield numbers.find_identities
        yield codes.find


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
