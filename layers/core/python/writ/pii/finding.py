"""What a detector found: where, of which kind, how sure, and a sample that may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_LONGEST_SHAPE: Final = 24


class Confidence(IntEnum):
    """How much of a finding is proven."""

    LOW = 1
    """The format or a word list alone: one in several is something else."""
    MEDIUM = 2
    """A format that few other things have, or a common one beside words that name it."""
    HIGH = 3
    """Check digits, a vendor's prefix with its length, or structure that nothing else has."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Characters `start` to `end` (exclusive) of a text are of a kind; `sample` shows nothing of them."""

    start: int
    end: int
    kind: str
    confidence: Confidence
    sample: str


def shape(value: str) -> str:
    """What a value looks like without what it says: `Ann Lee, 42` is `Xxx Xxx, 00`; at most 24 characters."""
    masked = value[:_LONGEST_SHAPE].translate(_CLASSES)
    return masked + ("…" if len(value) > _LONGEST_SHAPE else "")


def _class_of(character: str) -> str:
    if character.isdigit():
        return "0"
    return ("X" if character.isupper() else "x") if character.isalpha() else character


class _Classes(dict[int, str]):
    """Those of Latin-1, which most characters are of; of others each time anew, for there are a million."""

    def __missing__(self, code: int) -> str:
        return _class_of(chr(code))


_CLASSES: Final = _Classes({code: _class_of(chr(code)) for code in range(256)})
