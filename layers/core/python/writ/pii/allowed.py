"""What looks like somebody's and is nobody's: names, addresses and numbers that are reserved for examples."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Final

# Published by those who issue them: AWS's documentation, jwt.io, the card networks' test numbers, the IBAN
# registry's and the national offices' own examples.
_EXAMPLES: Final = frozenset(
    {
        "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "4111111111111111", "4242424242424242", "4012888888881881", "5555555555554444", "5105105105105100",
        "378282246310005", "371449635398431", "6011111111111117", "3530111333300000", "30569309025904",
        "GB82WEST12345698765432", "DE89370400440532013000", "GB29NWBK60161331926819",
        "123-45-6789", "078-05-1120", "219-09-9999",
    }
)  # fmt: skip
_NETWORKS: Final = frozenset({"192.", "198.", "203.", "2001"})
_SEPARATORS: Final = str.maketrans("", "", " -./")


@cache
def _mail() -> re.Pattern[str]:
    """RFC 2606 and 6761, and addresses that nobody reads."""
    return re.compile(
        r"(?i)(?:noreply|no-reply)@|.*@(?:(?:[\w.-]*\.)?(?:example\.(?:com|org|net|edu)"
        r"|[\w-]+\.(?:example|test|invalid|localhost)|example)|(?:[\w-]+\.)*noreply\.github\.com)\Z"
    )


@cache
def _number() -> re.Pattern[str]:
    """RFC 5737 and 3849 (addresses), NANP 555-01xx (telephones)."""
    return re.compile(
        r"(?i)(?:192\.0\.2|198\.51\.100|203\.0\.113)\.[0-9]+\Z|2001:0?db8:|.*555[ .-]?01[0-9]{2}\Z"
    )


def _is_reserved(found: str) -> bool:
    """Most values are none of these, which two looks tell at less cost than a pattern."""
    if "@" in found:
        return _mail().match(found) is not None
    looked_at = found[:4] in _NETWORKS or "555" in found
    return looked_at and _number().match(found) is not None


@dataclass(frozen=True, slots=True)
class Allowed:
    """Values that are no finding: those given, and with `reserved` what standards keep for examples."""

    values: Collection[str] = frozenset()
    reserved: bool = True

    def __contains__(self, found: object) -> bool:
        if not isinstance(found, str):
            return False
        if found in self.values:
            return True
        if not self.reserved or len(found) > _LONGEST:
            return False
        bare = found.translate(_SEPARATORS)
        return found in _EXAMPLES or bare in _EXAMPLES or _is_reserved(found)


_LONGEST: Final = 320
RESERVED: Final = Allowed()
NOTHING: Final = Allowed(reserved=False)
