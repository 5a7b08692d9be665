"""Numbers that stand for a person: payment cards, national numbers of digits, telephone numbers.

Groups of digits and what separates them make a key, as in `3-2-4`; only who writes numbers that way is asked,
and its check digits decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from writ.pii import cards
from writ.pii.finding import Confidence
from writ.pii.national import NUMBERS, Number
from writ.pii.sheet import Sheet, words

_Telephone = Callable[[Sheet, int, int], tuple[int, int, str, Confidence] | None]
_MOST_GROUPS: Final = 7
_SEPARATORS: Final = frozenset(" -./")
_BARE: Final = str.maketrans("", "", " -./")
_LONGEST_LAST_GROUP: Final = 7
_LONGEST_PLAIN_PHONE: Final = 11
_EXTENDED: Final = frozenset("xe")
_LONGEST_SHAPE: Final = 64
_MOMENTS: Final = (b"0000-00-00a00:", b"0000-00-00 00:")  # a day with the hour of it
_SIGNS: Final = frozenset({b"+", b"("})
_INSIDE: Final = frozenset({b"a", b"0", b"-"})
_EDGES: Final = frozenset("_-")


@cache
def _stretches() -> re.Pattern[bytes]:
    """Seven digits or more with at most two separators between; the first is not inside a word.

    A hyphen joins it to one, unless a bracket or a plus is before that.
    """
    joined = rb"(?:(?<!-0)|(?<=[+(]-0)(?<![a0-][+(]-0)|(?<=[+(]--0))"
    return re.compile(rb"0(?<![a0]0)" + joined + rb"(?:[ ./()-]{0,2}0){6,}+")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The numbers that are written so, each with its words; `stems` are those of all of them."""

    numbers: tuple[tuple[Number, re.Pattern[bytes]], ...]
    stems: tuple[bytes, ...]
    alone: bool  # one of them needs no word

    def spoken_in(self, around: bytes) -> bool:
        """Whether a word of one of them may stand in what is around a number."""
        return any(map(around.__contains__, self.stems))


@cache
def _asked(key: str) -> _Asked | None:
    mine = [number for number in NUMBERS if key in number.keys]
    if not mine:
        return None
    return _Asked(
        tuple((number, words(*number.called)) for number in mine),
        tuple({_stem(word) for number in mine for word in number.called}),
        any(key in number.alone for number in mine),
    )


def _stem(word: str) -> bytes:
    """What is in a text wherever the word is, however its parts are joined there."""
    return max(word.split(), key=lambda part: (part != "number", len(part))).encode("latin-1")


@cache
def _by_length() -> dict[int, bool]:
    """Lengths of digits in one run that may be something, and whether that must be called so."""
    asked = {int(key): _asked(key) for number in NUMBERS for key in number.keys if key.isdigit()}
    of_cards = dict.fromkeys((*cards.LENGTHS, 17), False)  # 17 and an X are 18
    return {length: mine is not None and not mine.alone for length, mine in asked.items()} | of_cards


@cache
def _keys() -> frozenset[str]:
    """Keys that somebody writes a number in: whoever has one is asked."""
    named = (key for number in NUMBERS for key in number.keys)
    return frozenset((*named, *cards.KEYS, *map(str, _by_length())))


@cache
def _beginnings() -> frozenset[str]:
    """Keys that are one, or that begin one, by whole groups: beyond any other nobody is asked."""
    return frozenset(
        key[:end]
        for key in _keys()
        for end in range(1, len(key) + 1)
        if not key[end - 1 : end + 1].isdigit() or end == len(key)
    )


def find(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Every such number, of whatever kind; two kinds may claim the same digits."""
    from writ.pii import phones

    yield from _numbers(sheet, phones.find)


def find_identities(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Cards and national numbers alone."""
    yield from _numbers(sheet, lambda *_: None)


def _numbers(sheet: Sheet, telephone: _Telephone) -> Iterator[tuple[int, int, str, Confidence]]:
    text, digits = sheet.text, sheet.digits
    for stretch in _stretches().finditer(digits):
        start, end = stretch.span()
        shape = digits[start:end]
        if shape.isdigit():
            if _may_be(sheet, start, end):
                yield from _ended(sheet, start, end, str(end - start))
            if phone := _dialled(sheet, start, end, telephone):
                yield phone
            continue
        if digits.startswith(_MOMENTS, start) and text.startswith("20", start):
            continue
        done = 0
        signed = digits[start - 1 : start] in _SIGNS and digits[start - 2 : start - 1] not in _INSIDE
        for group in (_groups if len(shape) <= _LONGEST_SHAPE else _grouped)(shape, signed):
            begins = start + group.start
            if begins < done:
                continue  # inside a card
            if group.is_fraction:
                yield from _fraction(text, begins, start + group.end)
            for stop, key in group.written:
                for span in (_ended if start + stop == end else _named)(sheet, begins, start + stop, key):
                    done = max(done, span[1]) if span[2] == "card" else done
                    yield span
            if group.is_dialled and (
                phone := telephone(sheet, begins - (begins > 0 and text[begins - 1] in "+("), end)
            ):
                yield phone


@dataclass(frozen=True, slots=True)
class _Group:
    """A group of digits in a stretch, and what may begin with it; the stretch's first digit is place zero.

    `written` are the ends and the keys of numbers that somebody writes so.
    """

    start: int
    end: int
    written: tuple[tuple[int, str], ...]
    is_fraction: bool
    is_dialled: bool


@lru_cache(1024)
def _groups(shape: bytes, signed: bool) -> tuple[_Group, ...]:
    """The groups with which something may begin: few shapes are all that most texts have.

    `signed`: whether a plus or a bracket is before it, as before no number that was measured.
    """
    return tuple(_grouped(shape, signed))


def _grouped(shape: bytes, signed: bool) -> Iterator[_Group]:
    spans = [found.span() for found in re.finditer(rb"0+", shape)]
    if not signed and _is_measured(shape):
        begins, ends = spans[-1]
        if ends - begins in cards.LENGTHS:
            yield _Group(begins, ends, (), is_fraction=True, is_dialled=False)
        return
    for place, (begins, ends) in enumerate(spans):
        before = shape[begins - 1 : begins]
        fraction = before == b"." and ends - begins >= cards.LENGTHS.start
        written = (
            () if fraction or before == b"-" else tuple(_written(shape, spans[place : place + _MOST_GROUPS]))
        )
        dialled = place == 0 or b" " in shape[begins - 2 : begins]
        if written or fraction or dialled:
            yield _Group(begins, ends, written, fraction, dialled)


def _written(shape: bytes, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    beginnings, keys = _beginnings(), _keys()
    key = ""
    last = spans[0][0]
    for begins, ends in spans:
        between = shape[last:begins].decode()
        if key and between not in _SEPARATORS:
            return
        key += between + str(ends - begins)
        if key not in beginnings:
            return
        if key in keys and shape[ends : ends + 1] != b"-":
            yield ends, key
        last = ends


def _may_be(sheet: Sheet, start: int, end: int) -> bool:
    """Whether digits in one run are of a length that something has, and called so where they must be."""
    must_be_called = _by_length().get(end - start)
    if must_be_called is None:
        return False
    asked = _asked(str(end - start)) if must_be_called else None
    return asked is None or asked.spoken_in(sheet.around(start, end))


def _dialled(
    sheet: Sheet, start: int, end: int, telephone: _Telephone
) -> tuple[int, int, str, Confidence] | None:
    """The telephone number that digits in one run are: a long one has a sign, two zeros, or an extension."""
    text = sheet.text
    signed = start > 0 and text[start - 1] in "+("
    if end - start > _LONGEST_PLAIN_PHONE and not (
        signed or text.startswith("00", start) or text[end : end + 2].lstrip(" ")[:1] in _EXTENDED
    ):
        return None
    return telephone(sheet, start - signed, end)


def _is_measured(shape: bytes) -> bool:
    """Whether digits are a number with a long fraction, which no number of a person's has."""
    whole, _, fraction = shape.partition(b".")
    return len(fraction) > _LONGEST_LAST_GROUP and fraction.isdigit() and whole.isdigit()


def _fraction(text: str, start: int, end: int) -> Iterator[tuple[int, int, str, Confidence]]:
    """Digits after a point are seldom a card, whatever their check digit says."""
    after = text[end : end + 1]
    if cards.is_card(str(end - start), text[start:end]) and not (after.isalnum() or after in _EDGES):
        yield start, end, "card", Confidence.LOW


def _ended(sheet: Sheet, start: int, end: int, key: str) -> Iterator[tuple[int, int, str, Confidence]]:
    """The numbers of this key that are not inside a word: theirs is the last digit that stands there."""
    after = sheet.text[end : end + 1]
    if not (after.isalnum() or after in _EDGES):
        yield from _named(sheet, start, end, key)
    elif key == "17" and after in "xX" and not sheet.text[end + 1 : end + 2].isalnum():
        yield from _named(sheet, start, end + 1, "18")


def _named(sheet: Sheet, start: int, end: int, key: str) -> Iterator[tuple[int, int, str, Confidence]]:
    digits = sheet.text[start:end].translate(_BARE).upper()
    if cards.is_card(key, digits) and sheet.text[start - 1 : start] != "+":
        yield start, end, "card", Confidence.HIGH if cards.is_issued(digits) else Confidence.LOW
    asked = _asked(key)
    if asked is None:
        return
    around = sheet.around(start, end)
    spoken = asked.spoken_in(around)
    if not spoken and not asked.alone:
        return
    for number, called in asked.numbers:
        alone = number.alone.get(key)
        if alone is None:
            # Of most numbers a word says no at less cost than their digits do.
            if spoken and called.search(around) and number.check(digits):
                yield start, end, number.kind, number.named
        elif number.check(digits):
            yield start, end, number.kind, number.named if spoken and called.search(around) else alone
