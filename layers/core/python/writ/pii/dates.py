"""Dates as people write them, and whether digits are one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from writ.pii.finding import Confidence
from writ.pii.sheet import Sheet, every, spelled

_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_REACH: Final = 64
# What a date of birth is announced by, in the languages of the national numbers, by what is seldom in a text.
_BIRTH: Final = (
    ("b", ("birth", "born", "dob", "gebo", "geburt", "geb.", "bday")),
    ("na", ("naissance", "nacim", "nacido", "nacida", "nasci", "nato il", "nata il", "narozen")),
    ("z", ("urodz",)),
    ("synt", ("syntym", "syntyn")),
)
# And by what is seldom in any text.
_RARE: Final = (("\xe9", ("n\xe9 le", "n\xe9e le")), ("\xf6", ("f\xf6d",)), ("\xf8", ("f\xf8d",)))
# What names of months begin with (CLDR): in Germanic and Romance languages; Czech; Finnish; Polish.
_MONTHS: Final = (
    "jan|feb|f\xe9v|fev|mar|m\xe4r|mrt|maart|apr|avr|abr|may|mai|maj|mei|mag|jun|jui|giu|jul|lug|aug|ao\xfb|ago"
    "|sep|set|okt|oct|out|ott|nov|dec|dez|des|d\xe9c|dic|dicembre|gen|ene"
    "|led|\xfano|b\u0159e|dub|kv\u011b|\u010der|srp|z\xe1\u0159|\u0159\xedj|lis|pro"
    "|tammi|helmi|maalis|huhti|touko|kes\xe4|hein\xe4|elo|syys|loka|marras|joulu"
    "|sty|lut|kwi|maj|cze|lip|sie|wrz|pa\u017a|gru"
)


@cache
def _date() -> re.Pattern[str]:
    return re.compile(
        rf"""
        (?<![\w./-])(?:
          (?P<y>(?:19|20)[0-9]{{2}})(?P<s>[-/.])(?P<m>[0-9]{{1,2}})(?P=s)(?P<d>[0-9]{{1,2}})
        | (?P<a>[0-9]{{1,2}})(?P<t>[-/.])[ ]?(?P<b>[0-9]{{1,2}})(?P=t)[ ]?(?:(?:19|20)[0-9]{{2}}|[0-9]{{2}})
        | [0-9]{{1,2}}(?:st|nd|rd|th|\.|er|º)?[ -](?:(?:of|de|di)[ ])?(?:{_MONTHS})[^\W\d_]{{0,9}}\.?,?
          (?:[ ](?:of|de|del))?[ -](?:19|20)[0-9]{{2}}
        | (?:{_MONTHS})[^\W\d_]{{0,9}}\.?[ ][0-9]{{1,2}}(?:st|nd|rd|th)?,?[ ](?:19|20)[0-9]{{2}}
        )(?![\w-]|[./][0-9])
        """,
        re.VERBOSE | re.IGNORECASE,
    )


def is_day(month: int, day: int) -> bool:
    """Whether some year has this day."""
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def find(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Dates of birth: a date that words shortly before it say is one."""
    for start in _announced(sheet.lower):
        if b"0" not in sheet.classes[start : start + _REACH]:
            continue  # no digit, no date
        for found in _date().finditer(sheet.text, start, start + _REACH):
            if _is_real(found):
                yield found.start(), found.end(), "date_of_birth", Confidence.MEDIUM
                break


def _announced(lower: bytes) -> Iterator[int]:
    """Where a word for birth ends."""
    for mark, literals in _BIRTH:
        for announced in spelled(mark, *literals).finditer(lower):
            yield announced.end()
    for mark, literals in _RARE:
        for place in every(lower, mark.encode("latin-1")):
            if found := spelled(mark, *literals).match(lower, place):
                yield found.end()


def _is_real(found: re.Match[str]) -> bool:
    if found["y"]:
        return is_day(int(found["m"]), int(found["d"]))
    if found["a"]:
        first, second = int(found["a"]), int(found["b"])
        return is_day(first, second) or is_day(second, first)
    return True
