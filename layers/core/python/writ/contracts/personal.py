"""Numbers that stand for a person: payment cards, bank accounts and US social security numbers.

Each is told from other numbers by its own check digits or structure, so that ids, digests and times pass.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

# Nothing here may begin or end inside a longer word or a dashed id: a UUID, a digest, a traceparent.
_NUMBERS: Final = re.compile(
    r"""
    (?<![\w-])(?:
      (?P<card> [2-6][0-9]{3}(?P<gap>[ -])(?:[0-9]{4}(?P=gap)){2}[0-9]{1,7}
              | 3[47][0-9]{2}(?P<short>[ -])[0-9]{6}(?P=short)[0-9]{5}
              | [2-6][0-9]{13,18} | 4[0-9]{12} )
    | (?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}
    )(?![\w-])
    """,
    re.VERBOSE | re.ASCII,
)
_ACCOUNT: Final = re.compile(r"(?<![\w-])[A-Za-z]{2}(?=[0-9]{2})", re.ASCII)
# Country and length of its account numbers: https://www.swift.com/standards/data-standards/iban
_ACCOUNTS: Final = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24"
    " FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28"
    " LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29"
    " RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
_LENGTHS: Final = {entry[:2]: int(entry[2:]) for entry in _ACCOUNTS.split()}
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def mask_numbers(text: str, mask: str) -> str:
    """The text with every such number replaced."""
    return _mask_accounts(_NUMBERS.sub(lambda found: mask if _is_personal(found) else found[0], text), mask)


def _is_personal(found: re.Match[str]) -> bool:
    card = found["card"]
    return card is None or _passes_luhn([int(digit) for digit in card if digit.isdigit()])


def _passes_luhn(digits: list[int]) -> bool:
    """ISO/IEC 7812-1, annex B."""
    return (sum(digits[-1::-2]) + sum(_DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0


def _mask_accounts(text: str, mask: str) -> str:
    parts: list[str] = []
    done = 0
    for country in _ACCOUNT.finditer(text):
        length = _LENGTHS.get(country[0].upper())
        found = _of_length(length).match(text, country.start()) if length else None
        if found and country.start() >= done and _is_account(found[0]):
            parts += [text[done : country.start()], mask]
            done = found.end()
    return "".join([*parts, text[done:]]) if parts else text


@cache
def _of_length(length: int) -> re.Pattern[str]:
    """So many letters and digits, with single spaces between some."""
    return re.compile(rf"[A-Za-z0-9](?:[ ]?[A-Za-z0-9]){{{length - 1}}}(?![\w-])", re.ASCII)


def _is_account(number: str) -> bool:
    """ISO 13616: the remainder modulo 97 is 1."""
    digits = number.replace(" ", "")
    return int("".join(str(int(digit, 36)) for digit in digits[4:] + digits[:4])) % 97 == 1
