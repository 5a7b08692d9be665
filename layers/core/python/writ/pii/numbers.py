"""Numbers that stand for a person: payment cards, national numbers of digits, telephone numbers.

Groups of digits and what separates them make a key, as in `3-2-4`; only who writes numbers that way is asked,
and its check digits decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from writ.pii import checksums
from writ.pii.finding import Confidence
from writ.pii.hints import START
from writ.pii.national import NUMBERS, Number
from writ.pii.sheet import Sheet, Words, words

_Telephone = Callable[[Sheet, int, int], tuple[int, int, str, Confidence] | None]
_MOST_GROUPS: Final = 7
_SEPARATORS: Final = frozenset(" -./")
_CARD_LENGTHS: Final = range(13, 20)
_LONGEST_CARD_END: Final = 7
_LONGEST_LAST_GROUP: Final = 7
_LONGEST_PLAIN_PHONE: Final = 11
_EXTENDED: Final = frozenset(" xe")
_ISSUERS: Final = frozenset("23456")
_EDGES: Final = frozenset("_-")


@cache
def _stretches() -> re.Pattern[str]:
    """Seven digits or more with at most two separators between; a character first, which is found fastest."""
    return re.compile(rf"[0-9+(]{START}(?:[ ./()-]{{0,2}}[0-9]){{6,}}+")


@cache
def _groups() -> re.Pattern[str]:
    return re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The numbers that are written so, each with its words; `stems` are those of all of them."""

    numbers: tuple[tuple[Number, Words], ...]
    stems: tuple[bytes, ...]
    alone: bool  # one of them needs no word

    def spoken_in(self, around: bytes) -> bool:
        """Whether a word of one of them may stand in what is around a number."""
        return any(map(around.__contains__, self.stems))


@cache
def _by_key() -> dict[str, _Asked]:
    table: dict[str, list[tuple[Number, Words]]] = {}
    for number in NUMBERS:
        called = words(*number.called)
        for key in number.keys:
            table.setdefault(key, []).append((number, called))
    return {
        key: _Asked(
            tuple(mine),
            tuple({stem for _, called in mine for stem in called.stems}),
            any(key in number.alone for number, _ in mine),
        )
        for key, mine in table.items()
    }


@cache
def _by_length() -> dict[int, _Asked | None]:
    """Lengths of digits in one run that may be something; what must be called so, or None for any reason."""
    asked = {int(key): mine for key, mine in _by_key().items() if key.isdigit()}
    cards = dict.fromkeys((*_CARD_LENGTHS, 17))  # 17 and an X are 18
    return {length: None if mine.alone else mine for length, mine in asked.items()} | cards


@cache
def _keys() -> frozenset[str]:
    """Keys that somebody writes a number in: whoever has one is asked."""
    cards = [f"4{gap}6{gap}5" for gap in "- "] + [
        f"4{gap}4{gap}4{gap}{last}" for gap in "- " for last in range(1, _LONGEST_CARD_END + 1)
    ]
    return frozenset((*_by_key(), *cards, *map(str, _by_length())))


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
    text = sheet.text
    for stretch in _stretches().finditer(text):
        start, end = stretch.span()
        written = text[start:end]
        if written.isdigit():
            if _may_be(sheet, start, end):
                yield from _at(sheet, ((start, end),), 0)
            if phone := _dialled(sheet, start, end, telephone):
                yield phone
            continue
        if _is_measured(written):
            begins = start + written.index(".") + 1
            if text[begins] in _ISSUERS and end - begins in _CARD_LENGTHS:
                yield from _fraction(text, begins, end)
            continue
        spans = [group.span() for group in _groups().finditer(text, start, end)]
        done = start
        for place, (begins, ends) in enumerate(spans):
            if begins < done:
                continue  # inside a card
            before = text[begins - 1 : begins] if place else ""
            if before == "." and ends - begins >= _CARD_LENGTHS.start:
                yield from _fraction(text, begins, ends)
            elif before != "-":
                for span in _at(sheet, spans, place):
                    done = max(done, span[1]) if span[2] == "card" else done
                    yield span
            if (place == 0 or " " in text[begins - 2 : begins]) and (
                phone := telephone(sheet, begins - (begins > 0 and text[begins - 1] in "+("), end)
            ):
                yield phone


def _may_be(sheet: Sheet, start: int, end: int) -> bool:
    """Whether digits in one run are of a length that something has, and called so where they must be."""
    lengths = _by_length()
    if end - start not in lengths:
        return False
    asked = lengths[end - start]
    return asked is None or asked.spoken_in(sheet.around(start, end))


def _dialled(
    sheet: Sheet, start: int, end: int, telephone: _Telephone
) -> tuple[int, int, str, Confidence] | None:
    """The telephone number that digits in one run are: a long one has a sign, two zeros, or an extension."""
    text = sheet.text
    signed = start > 0 and text[start - 1] in "+("
    if end - start > _LONGEST_PLAIN_PHONE and not (
        signed or text.startswith("00", start) or text[end : end + 1] in _EXTENDED
    ):
        return None
    return telephone(sheet, start - signed, end)


def _is_measured(written: str) -> bool:
    """Whether digits are a number with a long fraction, which no number of a person's has."""
    whole, _, fraction = written.partition(".")
    return len(fraction) > _LONGEST_LAST_GROUP and fraction.isdigit() and whole.isdigit()


def _fraction(text: str, start: int, end: int) -> Iterator[tuple[int, int, str, Confidence]]:
    """Digits after a point are seldom a card, whatever their check digit says."""
    after = text[end : end + 1]
    if _is_card(str(end - start), text[start:end]) and not (after.isalnum() or after in _EDGES):
        yield start, end, "card", Confidence.LOW


def _at(
    sheet: Sheet, spans: Sequence[tuple[int, int]], first: int
) -> Iterator[tuple[int, int, str, Confidence]]:
    text, beginnings, keys = sheet.text, _beginnings(), _keys()
    key = ""
    digits = ""
    start = spans[first][0]
    for place in range(first, min(first + _MOST_GROUPS, len(spans))):
        begin, end = spans[place]
        if place > first:
            between = text[spans[place - 1][1] : begin]
            if between not in _SEPARATORS:
                return
            key += between
        key += str(end - begin)
        if key not in beginnings:
            return
        digits += text[begin:end]
        after = text[end : end + 1]
        if after.isalnum() or after in _EDGES:
            if after in "xX" and key == "17" and not text[end + 1 : end + 2].isalnum():
                yield from _named(sheet, start, end + 1, "18", digits + "X")
            if after != "-":
                return
            continue
        if key in keys:
            yield from _named(sheet, start, end, key, digits)


def _named(
    sheet: Sheet, start: int, end: int, key: str, digits: str
) -> Iterator[tuple[int, int, str, Confidence]]:
    if _is_card(key, digits):
        yield start, end, "card", Confidence.HIGH if _is_issued(digits) else Confidence.LOW
    asked = _by_key().get(key)
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
            if spoken and called.pattern.search(around) and number.check(digits):
                yield start, end, number.kind, number.named
        elif number.check(digits):
            named = spoken and called.pattern.search(around)
            yield start, end, number.kind, number.named if named else alone


def _is_card(key: str, digits: str) -> bool:
    """ISO/IEC 7812-1: an issuer's first digit, a length and groups that cards have, Luhn."""
    if len(digits) not in _CARD_LENGTHS or digits[0] not in _ISSUERS or not _is_card_key(key, digits):
        return False
    return digits.isdigit() and checksums.luhn(digits)


def _is_card_key(key: str, digits: str) -> bool:
    if key.isdigit():
        return len(digits) > _CARD_LENGTHS.start or digits[0] == "4"
    gap = key[1:2]
    if gap not in ("-", " "):
        return False
    return key == f"4{gap}6{gap}5" or (
        key[:-1] == f"4{gap}4{gap}4{gap}" and int(key[-1]) <= _LONGEST_CARD_END
    )


def _is_issued(digits: str) -> bool:
    """Whether a network issues cards of this prefix and length (ISO/IEC 7812; the networks' BIN tables)."""
    length, two, four = len(digits), int(digits[:2]), int(digits[:4])
    if digits[0] == "4":
        return length in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return length == 16
    if two in (34, 37):
        return length == 15
    if two in (36, 38, 39) or 3000 <= four <= 3059:
        return length in (14, 16)
    if 3528 <= four <= 3589 or two in (62, 65) or four == 6011 or 6440 <= four <= 6499:
        return length in (16, 17, 18, 19)
    return two in (50, 56, 57, 58, 60, 63, 67) and length in (16, 18, 19)
