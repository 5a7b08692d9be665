"""A text beside copies of it in which cheap searches tell where a detector has to look at all.

A pattern tried at every character costs tens of nanoseconds a byte; a literal searched in a copy with few
classes of characters costs about one. Copies have one byte a character, so that places are those of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from writ.pii.hints import CLASSES, RUNS, classed

_BEFORE: Final = 48
_AFTER: Final = 24
_HEXES: Final = classed((b"0123456789abcdefABCDEF", b"h"), *((mark, mark) for mark in (b":", b"-", b".")))


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
        return b" " + self.raw.translate(CLASSES) + b" "

    @cached_property
    def hexes(self) -> bytes:
        """`h` hexadecimal digits; colons, hyphens and dots; a space for the rest."""
        return self.raw.translate(_HEXES)

    def runs(self, least: int) -> Iterator[tuple[int, int]]:
        """Where at least so many letters, digits, hyphens and underscores stand together."""
        marks = self.raw.translate(RUNS)
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

    def near(self, start: int, end: int, words: Words) -> bool:
        """Whether one of the words stands shortly before a place, or right after it."""
        around = self.around(start, end)
        return any(map(around.__contains__, words.stems)) and words.pattern.search(around) is not None

    def around(self, start: int, end: int) -> bytes:
        """What stands shortly before a place and right after it, in lower case."""
        return self.lower[max(0, start - _BEFORE) : start] + b"\n" + self.lower[end : end + _AFTER]


@dataclass(frozen=True, slots=True)
class Words:
    """Words that begin so: what is searched first because it is cheap, and what then sees their edges."""

    stems: tuple[bytes, ...]
    pattern: re.Pattern[bytes]


def words(*stems: str) -> Words:
    """Words for `Sheet.near`, in lower case; a stem that ends in a space is a whole word."""
    bare = [stem.strip() for stem in stems]
    ends = [
        re.escape(word) + (r"(?![a-z])" if stem.endswith(" ") else "")
        for word, stem in zip(bare, stems, strict=True)
    ]
    pattern = re.compile(rf"(?<![a-z])(?:{'|'.join(ends)})".encode("latin-1"))
    # Where a word stands in which another one is, that one stands as well.
    least = [word for word in bare if not any(other in word for other in bare if other != word)]
    return Words(tuple(word.encode("latin-1") for word in dict.fromkeys(least)), pattern)


def every(text: bytes, literal: bytes) -> Iterator[int]:
    """Where a literal stands in a text; occurrences do not overlap."""
    place = text.find(literal)
    while place >= 0:
        yield place
        place = text.find(literal, place + len(literal))
