"""National numbers and bank accounts of letters and digits, found by the order of both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from writ.pii import checksums
from writ.pii.dates import is_day
from writ.pii.finding import Confidence
from writ.pii.hints import ACCOUNT_LENGTHS
from writ.pii.sheet import Sheet, every, words

_NO_NINO: Final = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
_REACH: Final = 64
_CODICE: Final = r"[a-z]{6}[0-9]{2}[a-ehlmprst][0-9]{2}[a-z][0-9]{3}[a-z]"
_NINO_WORDS: Final = ("nino ", "national insurance", "ni number", "ni no", "nin ")
_SPANISH_WORDS: Final = ("dni ", "nie ", "nif ", "documento", "identidad")
_ANNOUNCED: Final = (
    ("passport", b"passport"),
    ("driver_licence", b"driver"),
    ("driver_licence", b"driving lic"),
)


@cache
def _of_length(length: int) -> re.Pattern[str]:
    """So many letters and digits, with single spaces between some."""
    return re.compile(rf"[A-Za-z0-9](?:[ ]?[A-Za-z0-9]){{{length - 1}}}(?![\w-])", re.ASCII)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.ASCII | re.IGNORECASE)


def find(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Accounts, national numbers with letters, and documents that a word announces."""
    yield from _accounts(sheet)
    classes = sheet.classes
    for place in every(classes, b"000000a "):
        yield from _ends_in_letter(sheet, place + 6)
    for place in every(classes, b" 00 00 00 a "):
        yield from _nino(sheet, place + 10)
    for place in every(classes, b"0000000-a "):
        yield from _spanish(sheet, place + 8)
    for place in every(classes, b"a00a000a "):
        found = _pattern(_CODICE).match(sheet.text, max(0, place - 9))
        if found and checksums.codice_fiscale(found[0]):
            yield found.start(), found.end(), "it_codice_fiscale", Confidence.HIGH
    for place in every(classes, b" 000000-000"):
        found = _pattern(r"[0-9]{6}[-A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]").match(sheet.text, place)
        if found and is_day(int(found[0][2:4]), int(found[0][:2])) and checksums.finnish_code(found[0]):
            yield found.start(), found.end(), "fi_hetu", Confidence.MEDIUM
    yield from _announced(sheet)


def _accounts(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    done = 0
    for start in every(sheet.classes, b" aa00"):
        length = ACCOUNT_LENGTHS.get(sheet.text[start : start + 2].upper())
        found = _of_length(length).match(sheet.text, start) if length and start >= done else None
        if found and checksums.mod97(found[0].replace(" ", "")):
            done = found.end()
            yield start, done, "iban", Confidence.HIGH


def _ends_in_letter(sheet: Sheet, end: int) -> Iterator[tuple[int, int, str, Confidence]]:
    """A compact number whose last letter ends at this place of the text."""
    yield from _spanish(sheet, end)
    yield from _nino(sheet, end)


def _spanish(sheet: Sheet, end: int) -> Iterator[tuple[int, int, str, Confidence]]:
    for length in (9, 10, 11):
        start = end - length
        found = (
            _pattern(r"[0-9]{8}-?[a-z]|[xyz]-?[0-9]{7}-?[a-z]").match(sheet.text, start)
            if start >= 0
            else None
        )
        if found and found.end() == end and checksums.spanish_id(found[0].replace("-", "")):
            named = sheet.near(start, end, words(*_SPANISH_WORDS))
            yield start, end, "es_dni", Confidence.HIGH if named else Confidence.MEDIUM
            return


def _nino(sheet: Sheet, end: int) -> Iterator[tuple[int, int, str, Confidence]]:
    for length in (9, 12, 13):
        start = end - length
        pattern = r"[a-ceghj-prstw-z][a-ceghj-nprstw-z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[a-d]"
        found = _pattern(pattern).match(sheet.text, start) if start >= 0 else None
        if found and found.end() == end and found[0][:2].upper() not in _NO_NINO:
            named = sheet.near(start, end, words(*_NINO_WORDS))
            alone = Confidence.MEDIUM if " " in found[0] else Confidence.LOW
            yield start, end, "uk_nino", Confidence.HIGH if named else alone
            return


def _announced(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Documents whose numbers have no common format, so that a word has to say what they are."""
    for kind, literal in _ANNOUNCED:
        for place in sheet.places(literal):
            start = place + len(literal)
            if kind == "driver_licence" and b"licen" not in sheet.lower[start : start + 12] + literal:
                continue
            for found in _pattern(r"[A-Z]{0,3}[0-9]{6,14}[A-Z]{0,2}").finditer(
                sheet.text, start, start + _REACH
            ):
                yield found.start(), found.end(), kind, Confidence.MEDIUM
                break
