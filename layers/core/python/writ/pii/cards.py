"""Payment cards: how their numbers are grouped, their check digit, and which prefixes networks issue.

Source: ISO/IEC 7812; the ranges that the networks publish for their issuers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from writ.pii import checksums

LENGTHS: Final = range(13, 20)
# As they are embossed: four by four, American Express 4-6-5, Diners Club 4-6-4, nineteen digits 4-4-4-4-3.
KEYS: Final = frozenset(
    groups.replace("-", gap)
    for gap in "- "
    for groups in ("4-6-5", "4-6-4", "4-4-4-4-3", *(f"4-4-4-{last}" for last in range(1, 8)))
)
"""Groups of digits and what separates them, as `numbers` writes keys."""
_FIRST: Final = frozenset("234568")
_LONG: Final = (16, 17, 18, 19)
# First four digits from and to, and lengths.
_ISSUED: Final = (
    (4000, 4999, (13, 16, 19)),  # Visa
    *((first, last, (16,)) for first, last in ((5100, 5599), (2221, 2720))),  # Mastercard
    *((first, first + 99, (15,)) for first in (3400, 3700)),  # American Express
    *((first, last, (14, 16)) for first, last in ((3000, 3059), (3600, 3699), (3800, 3999))),  # Diners Club
    *((first, last, _LONG) for first, last in ((6011, 6011), (6440, 6499), (6500, 6599))),  # Discover
    (6200, 6299, _LONG),  # UnionPay
    (3528, 3589, _LONG),  # JCB
    (2200, 2204, _LONG),  # Mir
    (8100, 8299, (16,)),  # RuPay
    *((first, first + 99, (16, 18, 19)) for first in (5000, 5600, 5700, 5800, 6000, 6300, 6700)),  # Maestro
)


def is_card(key: str, digits: str) -> bool:
    """Whether digits are of a length, in groups and with a check digit that a card's number has."""
    if len(digits) not in LENGTHS or digits[0] not in _FIRST or not digits.isdigit():
        return False
    if digits[0] == "8" and not is_issued(digits):
        return False  # India's alone, of one length
    in_one_run = key.isdigit() and (len(digits) > LENGTHS.start or digits[0] == "4")
    return (in_one_run or key in KEYS) and checksums.luhn(digits)


def is_issued(digits: str) -> bool:
    """Whether a network issues cards of this prefix and length."""
    return _is_issued(int(digits[:4]), len(digits))


@lru_cache(4096)
def _is_issued(prefix: int, length: int) -> bool:
    return any(first <= prefix <= last and length in lengths for first, last, lengths in _ISSUED)
