"""Telephone numbers: E.164 by the length that a country's plan allows, and formats that nations write.

Lengths of national numbers are those of the plans that administrations report to the ITU (E.129); a code that
is not listed by itself has what E.164 allows.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from writ.pii.finding import Confidence
from writ.pii.sheet import Sheet, words

# Calling code, least and most digits after it.
_PLANS: Final = (
    "1:10-10 7:10-10 20:8-10 27:9-9 30:10-10 31:9-9 32:8-9 33:9-9 34:9-9 36:8-9 39:6-11 40:9-9 41:9-9 43:4-13"
    " 44:9-10 45:8-8 46:7-9 47:8-8 48:9-9 49:6-13 51:8-9 52:10-10 53:8-8 54:10-11 55:10-11 56:9-9 57:8-10"
    " 58:10-10 60:8-10 61:9-9 62:8-12 63:8-10 64:8-10 65:8-8 66:8-9 81:9-10 82:8-10 84:8-10 86:9-11 90:10-10"
    " 91:10-10 92:9-10 93:9-9 94:9-9 95:7-10 98:10-10 212:9-9 213:8-9 216:8-8 233:9-9 234:8-10"
    " 254:9-9 255:9-9"
    " 256:9-9 351:9-9 352:6-9 353:7-9 354:7-7 355:8-9 356:8-8 357:8-8 358:6-11 359:7-9 370:8-8"
    " 371:8-8 372:7-8"
    " 373:8-8 374:8-8 375:9-9 376:6-6 377:8-9 380:9-9 381:8-9 382:8-8 385:8-9 386:8-8 387:8-8 389:8-8 420:9-9"
    " 421:9-9 423:7-7 506:8-8 507:7-8 593:8-9 595:9-9 598:8-8 852:8-8 853:8-8 855:8-9 880:8-10"
    " 886:8-9 961:7-8"
    " 962:8-9 965:8-8 966:9-9 971:8-9 972:8-9 973:8-8 974:8-8 994:9-9 995:9-9 996:9-9 998:9-9"
)
_TWO: Final = frozenset(
    word
    for line in (
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66",
        "81 82 84 86 90 91 92 93 94 95 98",
    )
    for word in line.split()
)
_UNLISTED: Final = (6, 12)
_LONGEST: Final = 15
_LONGEST_PLAIN: Final = 11
_LONGEST_WRITTEN: Final = 64  # digits that go on beyond it are no telephone number
_UNASSIGNED: Final = ("210", "214", "215", "217", "219", "28", "80", "83", "89", "99")

# Each is written by nobody but who writes a telephone number there.
_NATIONAL: Final = (
    r"(?:1[ .-])?(?:\([2-9][0-9]{2}\)[ .-]?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}",  # NANP
    r"(?<![0-9][ .-])0[1-9](?P<f>[ .-])[0-9]{2}(?:(?P=f)[0-9]{2}){3}(?!(?P=f)[0-9])",  # France
    # United Kingdom
    r"(?:\(0(?:1[0-9]{3}|2[0-9])\)|0(?:7[0-9]{3}|1[0-9]{3}|2[0-9]))[ ][0-9]{3,4}[ ]?[0-9]{3,4}",
    r"0[2-7][0-9][ ][0-9]{3}[ ][0-9]{2}[ ][0-9]{2}",  # Switzerland
    r"06-?[ ]?[0-9]{8}|0[1-9][0-9]-[0-9]{7}",  # Netherlands
    r"0[0-9]{1,2}-[0-9]{4}-[0-9]{4}",  # Japan
    r"(?:\(0[2378]\)[ ]?[0-9]{4}|04[0-9]{2}[ ][0-9]{3})[ -][0-9]{3,4}",  # Australia
    r"\([1-9][0-9]\)[ ]?9?[0-9]{4}-[0-9]{4}",  # Brazil
    # E.123: the trunk prefix 0 and groups, with or without brackets, nine to eleven digits in all.
    r"(?=(?:[ ()/-]{0,2}[0-9]){9,11}(?![ ()/-]{0,2}[0-9]))"
    r"(?![0-9]{3}-[0-9]{2}-[0-9]{4}(?![0-9]))\(?0[1-9][0-9]{0,4}\)?(?:[ /-][0-9]{2,8}){1,4}",
)
_EXTENSION: Final = r"(?:[ ]?(?:x|ext\.?|extension)[ ]?[0-9]{1,6})?"


@cache
def _lengths() -> dict[str, tuple[int, int]]:
    plans = (entry.partition(":") for entry in _PLANS.split())
    return {
        code: (int(least), int(most)) for code, _, span in plans for least, _, most in [span.partition("-")]
    }


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    edge, end = r"(?<![\w+(.-])", r"(?![\w-]|[.,/:][0-9])"
    called = (
        rf"(?<![\w+.-])(?:\+|00(?=[1-9]))(?P<digits>[1-9](?:[ .()/-]{{0,2}}[0-9]){{6,14}}+){_EXTENSION}{end}"
    )
    national = "|".join(_NATIONAL)
    loose = rf"{edge}\(?[0-9](?:[ .()/-]{{0,2}}[0-9]){{6,14}}+{_EXTENSION}{end}"
    return re.compile(called), re.compile(rf"{edge}(?:{national}){_EXTENSION}{end}"), re.compile(loose)


@cache
def _words() -> re.Pattern[bytes]:
    return words(
        "phone",
        "telephone",
        "tel ",
        "tel.",
        "mobile",
        "mobil ",
        "cell",
        "call ",
        "calling ",
        "dial",
        "fax",
        "sms ",
        "text me",
        "whatsapp",
        "contact",
        "number is ",
        "my number",
        "reach ",
        "telefon",
        "t\xe9l",
        "tel\xe9fono",
        "handy",
        "rufnummer",
        "celular",
        "telefone",
        "m\xf3vil",
        "msisdn",
        "hotline",
        "landline",
        "tlf",
        "tfn",
        "puhelin",
        "puh.",
        "soita",
        "ring p\xe5",
        "ring til",
        "appele",
        "chiam",
        "ligue",
        "ligar",
        "telem\xf3v",
        "llama al",
        "llame ",
        "ll\xe1mame",
        "llamar",
        "volejte",
        "zadzwo",
        "dzwoni",
        "kom\xf3rk",
        "belle",
    )


@cache
def _date_or_time() -> re.Pattern[str]:
    return re.compile(
        r"(?:19|20)[0-9]{2}[-/.][01]?[0-9][-/.][0-3]?[0-9]|[0-3]?[0-9]([-/.])[0-3]?[0-9]\1(?:19|20)[0-9]{2}"
    )


def find(sheet: Sheet, start: int, end: int) -> tuple[int, int, str, Confidence] | None:
    """The telephone number that begins here, in digits and separators that end there, if one does."""
    text = sheet.text
    called, national, loose = _patterns()
    first = text[start]
    if (first == "+" or text.startswith("00", start)) and (found := called.match(text, start)):
        if not _is_assigned("".join(filter(str.isdigit, found["digits"]))):
            return None
        named = sheet.near(start, found.end(), _words())
        sure = Confidence.HIGH if named else Confidence.MEDIUM if first == "+" else Confidence.LOW
        return start, found.end(), "phone", sure
    if not text[start : min(end, start + _LONGEST_WRITTEN)].isdigit() and (
        found := national.match(text, start)
    ):
        sure = Confidence.HIGH if sheet.near(start, found.end(), _words()) else Confidence.MEDIUM
        return start, found.end(), "phone", sure
    found = loose.match(text, start)
    if found and found[0].isdigit() and len(found[0]) > _LONGEST_PLAIN:
        return None
    if found and not _date_or_time().match(text, start) and sheet.near(start, found.end(), _words()):
        return start, found.end(), "phone", Confidence.MEDIUM
    return None


def _is_assigned(digits: str) -> bool:
    if len(digits) > _LONGEST or digits.startswith(_UNASSIGNED):
        return False
    code = digits[0] if digits[0] in "17" else digits[:2] if digits[:2] in _TWO else digits[:3]
    least, most = _lengths().get(code, _UNLISTED)
    # The zero that is dialled inside a country is often written in brackets: +44 (0)20 …
    return (
        least <= len(digits) - len(code) - (digits[len(code) : len(code) + 1] == "0" and code != "39") <= most
    )
