"""A text beside copies of it in which cheap searches tell where a detector has to look at all.

A pattern tried at every character costs tens of nanoseconds a byte; a literal searched in a copy with few
classes of characters costs about one. Copies have one byte a character, so that places are those of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

_LETTERS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOWER_LETTERS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_DIGITS: Final = frozenset(b"0123456789")
_HEX: Final = _DIGITS | frozenset(b"abcdefABCDEF")
_BEFORE: Final = 48
_AFTER: Final = 24
_BEYOND_ASCII: Final = range(0xC0, 0x100)  # letters of Latin-1


def _by_class(byte: int) -> int:
    if byte in _LETTERS:
        return ord("a")
    if byte in _DIGITS:
        return ord("0")
    if byte in b"-_":
        return ord("-")
    return ord("e") if byte in _BEYOND_ASCII else ord(" ")


def _in_runs(byte: int) -> int:
    return ord("w") if byte in _LETTERS | _DIGITS or byte in b"-_" else ord(" ")


def _as_hex(byte: int) -> int:
    if byte in _HEX:
        return ord("h")
    return byte if byte in b":-." else ord(" ")


_CLASSES: Final = bytes(map(_by_class, range(256)))
_RUNS: Final = bytes(map(_in_runs, range(256)))
_HEXES: Final = bytes(map(_as_hex, range(256)))


class Sheet:
    """One text, and its copies made when they are first asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def raw(self) -> bytes:
        """The text in Latin-1, `?` for what is not in it."""
        return self.text.encode("latin-1", "replace")

    @cached_property
    def lower(self) -> bytes:
        """The same with ASCII letters in lower case."""
        return self.raw.lower()

    @cached_property
    def classes(self) -> bytes:
        """`a` letters, `0` digits, `-` hyphens and underscores, `e` other letters, a space for the rest.

        A space stands at either end, so that a word's edges are seen: the text's place `p` is `p + 1` here.
        """
        return b" " + self.raw.translate(_CLASSES) + b" "

    @cached_property
    def hexes(self) -> bytes:
        """`h` hexadecimal digits; colons, hyphens and dots; a space for the rest."""
        return self.raw.translate(_HEXES)

    def runs(self, least: int) -> Iterator[tuple[int, int]]:
        """Where at least so many letters, digits, hyphens and underscores stand together."""
        marks = self.raw.translate(_RUNS)
        needle = b"w" * least
        place = marks.find(needle)
        while place >= 0:
            end = marks.find(b" ", place)
            end = len(marks) if end < 0 else end
            yield place, end
            place = marks.find(needle, end)

    def places(self, literal: bytes) -> Iterator[int]:
        """Where this lower-case literal stands, whatever its case there."""
        return every(self.lower, literal)

    def near(self, start: int, end: int, words: re.Pattern[bytes]) -> bool:
        """Whether one of the words stands shortly before a place, or right after it."""
        lower = self.lower
        for low, high in ((max(0, start - _BEFORE), start), (end, end + _AFTER)):
            for found in words.finditer(lower, low, high):
                if found.start() == 0 or lower[found.start() - 1] not in _LOWER_LETTERS:
                    return True
        return False


def words(*stems: str) -> re.Pattern[bytes]:
    """What finds words that begin so, for `Sheet.near`; a stem that ends in a space is a whole word."""
    ends = [re.escape(stem.strip()) + (r"(?![a-z])" if stem.endswith(" ") else "") for stem in stems]
    return re.compile("|".join(ends).encode("latin-1"))


def every(text: bytes, literal: bytes) -> Iterator[int]:
    """Where a literal stands in a text; occurrences do not overlap."""
    place = text.find(literal)
    while place >= 0:
        yield place
        place = text.find(literal, place + len(literal))
