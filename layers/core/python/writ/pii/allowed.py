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
_SEPARATORS: Final = str.maketrans("", "", " -./")


@cache
def _reserved() -> re.Pattern[str]:
    """RFC 2606 and 6761 (names), RFC 5737 and 3849 (addresses), NANP 555-01xx (telephones)."""
    return re.compile(
        r"(?i).*@(?:[\w.-]*\.)?(?:example\.(?:com|org|net|edu)|[\w-]+\.(?:example|test|invalid"
        r"|localhost)|example)\Z"
        r"|.*@(?:[\w-]+\.)*noreply\.github\.com\Z|noreply@.*|no-reply@.*"
        r"|192\.0\.2\.[0-9]+\Z|198\.51\.100\.[0-9]+\Z|203\.0\.113\.[0-9]+\Z|2001:0?db8:.*"
        r"|.*555[ .-]?01[0-9]{2}\Z"
    )


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
        return found in _EXAMPLES or bare in _EXAMPLES or _reserved().match(found) is not None


_LONGEST: Final = 320
RESERVED: Final = Allowed()
NOTHING: Final = Allowed(reserved=False)
