"""A text beside copies of it in which cheap searches tell where a detector has to look at all.

A pattern tried at every character costs tens of nanoseconds a byte; a literal searched in a copy with few
classes of characters costs about one. Copies have one byte a character, so that places are those of the text.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Final

from writ.pii.hints import CLASSES, RUNS, classed, unescaped

_BEFORE: Final = 48
_AFTER: Final = 24
_DIGITS: Final = classed(
    (b"0123456789", b"0"),
    (string.ascii_letters.encode() + b"_", b"a"),
    *((mark, mark) for mark in (b" ", b".", b"/", b"(", b")", b"-", b"+")),
    rest=b":",
)
_HEXES: Final = classed((b"0123456789abcdefABCDEF", b"h"), *((mark, mark) for mark in (b":", b"-", b".")))


class Sheet:
    """One text, and its copies made when they are first asked for.

    `given` is the text as it is, `text` and the copies have what is escaped between words as it reads.
    """

    def __init__(self, text: str) -> None:
        self.given = text
        self.text = unescaped(text)

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

    @cached_property
    def digits(self) -> bytes:
        """`0` digits, separators and pluses as they are, `a` letters and underscores, else a colon."""
        return self.raw.translate(_DIGITS)

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

    def near(self, start: int, end: int, words: re.Pattern[bytes]) -> bool:
        """Whether one of the words stands shortly before a place, or right after it."""
        return words.search(self.around(start, end)) is not None

    def around(self, start: int, end: int) -> bytes:
        """What stands shortly before a place and right after it, in lower case."""
        return self.lower[max(0, start - _BEFORE) : start] + b"\n" + self.lower[end : end + _AFTER]


@cache
def words(*stems: str) -> re.Pattern[bytes]:
    """Words that begin so, for `Sheet.near`, in lower case; a stem that ends in a space is a whole word.

    A space inside a stem is also what joins words in a name: `tax_id`, `tax-id`.
    """
    # By their first letters, which a pattern finds fastest where it begins with them.
    by_first: dict[str, list[str]] = {}
    for stem in dict.fromkeys(stems):
        word = stem.strip()
        end = r"(?![a-z])" if stem.endswith(" ") else ""
        by_first.setdefault(word[0], []).append(re.escape(word[1:]).replace(r"\ ", "[ _-]") + end)
    parts = (rf"{first}(?<![a-z]{first})(?:{'|'.join(rest)})" for first, rest in by_first.items())
    return re.compile("|".join(parts).encode("latin-1"))


@cache
def spelled(mark: str, *literals: str) -> re.Pattern[bytes]:
    """Literals that have a mark in common, found by that, which texts seldom have.

    A match begins at the mark and ends where the literal does; its `lastindex` counts the literals from one.
    """
    parts = []
    for literal in literals:
        before, _, after = literal.partition(mark)
        parts.append(f"((?<={re.escape(before + mark)}){re.escape(after)})")
    return re.compile(f"{re.escape(mark)}(?:{'|'.join(parts)})".encode("latin-1"))


def every(text: bytes, literal: bytes) -> Iterator[int]:
    """Where a literal stands in a text; occurrences do not overlap."""
    place = text.find(literal)
    while place >= 0:
        yield place
        place = text.find(literal, place + len(literal))
