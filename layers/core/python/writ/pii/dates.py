"""Dates as people write them, and whether digits are one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from writ.pii.finding import Confidence
from writ.pii.sheet import Sheet, spelled

_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_REACH: Final = 64
# What a date of birth is announced by, in the languages of the national numbers, by what is seldom in a text.
_BIRTH: Final = (
    ("b", ("birth", "born", "dob", "gebo", "geburt", "bday")),
    ("na", ("naissance", "nacim", "nasci")),
    ("z", ("urodz",)),
)


@cache
def _announcements() -> tuple[re.Pattern[bytes], ...]:
    return tuple(spelled(mark, *literals) for mark, literals in _BIRTH)


@cache
def _date() -> re.Pattern[str]:
    months = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez"
    return re.compile(
        rf"""
        (?<![\w./-])(?:
          (?P<y>(?:19|20)[0-9]{{2}})(?P<s>[-/.])(?P<m>[0-9]{{1,2}})(?P=s)(?P<d>[0-9]{{1,2}})
        | (?P<a>[0-9]{{1,2}})(?P<t>[-/.])(?P<b>[0-9]{{1,2}})(?P=t)(?:(?:19|20)[0-9]{{2}}|[0-9]{{2}})
        | [0-9]{{1,2}}(?:st|nd|rd|th|\.)?[ -](?:of[ ])?(?:{months})[a-zé]{{0,7}}\.?,?[ -](?:19|20)[0-9]{{2}}
        | (?:{months})[a-zé]{{0,7}}\.?[ ][0-9]{{1,2}}(?:st|nd|rd|th)?,?[ ](?:19|20)[0-9]{{2}}
        )(?![\w-]|[./][0-9])
        """,
        re.VERBOSE | re.IGNORECASE,
    )


def is_day(month: int, day: int) -> bool:
    """Whether some year has this day."""
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def find(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Dates of birth: a date that words shortly before it say is one."""
    for announcement in _announcements():
        for announced in announcement.finditer(sheet.lower):
            start = announced.end()
            for found in _date().finditer(sheet.text, start, start + _REACH):
                if _is_real(found):
                    yield found.start(), found.end(), "date_of_birth", Confidence.MEDIUM
                    break


def _is_real(found: re.Match[str]) -> bool:
    if found["y"]:
        return is_day(int(found["m"]), int(found["d"]))
    if found["a"]:
        first, second = int(found["a"]), int(found["b"])
        return is_day(first, second) or is_day(second, first)
    return True
