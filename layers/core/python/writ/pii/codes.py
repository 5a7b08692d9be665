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
from writ.pii.sheet import Sheet, every, spelled, words

_NO_NINO: Final = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
_REACH: Final = 64
_CODICE: Final = r"[a-z]{6}[0-9]{2}[a-ehlmprst][0-9]{2}[a-z][0-9]{3}[a-z]"
_NINO_WORDS: Final = ("nino ", "national insurance", "ni number", "ni no", "nin ")
_FINNISH_WORDS: Final = ("hetu", "henkil", "personbeteckning", "personal identity code")
_SPANISH_WORDS: Final = ("dni ", "nie ", "nif ", "documento", "identidad")
# What names a document, by what is seldom in a text.
_ANNOUNCED: Final = (
    ("passport", "po", ("passport", "passeport", "passaport", "pasaporte", "paspoort", "paszport")),
    ("passport", "reisepa", ("reisepa",)),
    (
        "driver_licence",
        "driv",
        ("driver licen", "driver's licen", "drivers licen", "driver_licen", "driver-licen", "driving lic"),
    ),
    ("driver_licence", "rerschein", ("f\xfchrerschein",)),
    ("driver_licence", "permi", ("permis de cond", "permiso de cond")),
    ("driver_licence", "j", ("rijbewijs", "prawo jazdy")),
)


@cache
def _of_length(length: int) -> re.Pattern[str]:
    """So many letters and digits, with single spaces between some."""
    return re.compile(rf"[A-Za-z0-9](?:[ ]?[A-Za-z0-9]){{{length - 1}}}(?![\w-])", re.ASCII)


@cache
def _document() -> re.Pattern[str]:
    """Digits with letters around them, or letters among them, in capitals and four digits at least."""
    return re.compile(
        r"(?<![\w-])(?:[A-Za-z]{0,3}[0-9]{6,14}[A-Za-z]{0,2}|(?=(?:[A-Z]{0,6}[0-9]){4})[A-Z0-9]{8,18})(?![\w-])",
        re.ASCII,
    )


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.ASCII | re.IGNORECASE)


def find(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Accounts, national numbers with letters, and documents that a word announces."""
    yield from _accounts(sheet)
    for hint in _written().finditer(sheet.classes):
        # In the text it ends two places before: the classes begin with a space, and most hints end in one.
        end = hint.end() - 2
        match hint.lastgroup:
            case "letter":
                yield from _spanish(sheet, end)
                yield from _nino(sheet, end)
            case "hyphen":
                yield from _spanish(sheet, end)
            case "italian":
                yield from _italian(sheet, max(0, end - 16))
            case "mexican":
                yield from _mexican(sheet, hint.end() - 17)
            case _:
                yield from _finnish(sheet, hint.end() - 11)
    for place in every(sheet.classes, b" 00 00 00 a "):
        yield from _nino(sheet, place + 10)
    yield from _announced(sheet)


@cache
def _written() -> re.Pattern[bytes]:
    """By the order of letters and digits: three digits and what is no digit, which is found fastest."""
    return re.compile(
        rb"000[a-](?:(?<=000000a) (?P<letter>)|(?<=a00a000a) (?P<italian>)|(?<=0000000-)a (?P<hyphen>)"
        rb"|(?<= 000000[a-])000(?P<finnish>)|(?<= aaaa000000a)aaaaa(?P<mexican>))"
    )


@cache
def _account_begins() -> re.Pattern[bytes]:
    return re.compile(rb"00(?<= aa00)")


def _accounts(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    done = 0
    for hint in _account_begins().finditer(sheet.classes):
        start = hint.end() - 5
        length = ACCOUNT_LENGTHS.get(sheet.text[start : start + 2].upper())
        found = _of_length(length).match(sheet.text, start) if length and start >= done else None
        if found and checksums.mod97(found[0].replace(" ", "")):
            done = found.end()
            yield start, done, "iban", Confidence.HIGH


def _italian(sheet: Sheet, start: int) -> Iterator[tuple[int, int, str, Confidence]]:
    found = _pattern(_CODICE).match(sheet.text, start)
    if found and checksums.codice_fiscale(found[0]):
        yield found.start(), found.end(), "it_codice_fiscale", Confidence.HIGH


def _mexican(sheet: Sheet, start: int) -> Iterator[tuple[int, int, str, Confidence]]:
    found = _pattern(r"[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9]").match(sheet.text, start)
    if found and is_day(int(found[0][6:8]), int(found[0][8:10])) and checksums.mexican_curp(found[0]):
        yield found.start(), found.end(), "mx_curp", Confidence.HIGH


def _finnish(sheet: Sheet, start: int) -> Iterator[tuple[int, int, str, Confidence]]:
    """The sign after the date tells the century: a hyphen or U to Y the twentieth, A to F this one."""
    found = _pattern(r"[0-9]{6}[-A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]").match(sheet.text, start)
    if found and is_day(int(found[0][2:4]), int(found[0][:2])) and checksums.finnish_code(found[0]):
        named = sheet.near(start, found.end(), words(*_FINNISH_WORDS))
        yield start, found.end(), "fi_hetu", Confidence.HIGH if named else Confidence.MEDIUM


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
    for kind, mark, literals in _ANNOUNCED:
        for announced in spelled(mark, *literals).finditer(sheet.lower):
            start = announced.end()
            if sheet.text[start : start + 1] == "-" and sheet.text[start + 1 : start + 2] not in "nN":
                continue  # the name of a program, not `passport-no`
            if found := _document().search(sheet.text, start, start + _REACH):
                yield found.start(), found.end(), kind, Confidence.MEDIUM
