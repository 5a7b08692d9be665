"""Issues and pull requests that a message names, and whether it closes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from writ.release.footers import Footer

# GitHub's own words: docs.github.com, "Linking a pull request to an issue using a keyword".
_CLOSES: Final = ("close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved")
_NAMED: Final = re.compile(
    r"(?<![\w/#&])(?:(?P<word>close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+)?"
    r"(?:(?P<repository>[A-Za-z0-9][\w.-]*/[\w.-]+)?#|GH-)(?P<number>[0-9]{1,12})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """An issue or pull request by number; `repository` is None for the commit's own."""

    number: int
    repository: str | None = None
    closes: bool = False


def find_references(body: str, footers: tuple[Footer, ...]) -> tuple[Reference, ...]:
    """What a body with its footers names, each once, in order; one that is closed anywhere is closed."""
    found: dict[tuple[str | None, int], bool] = {}
    closing = {footer.value: footer.token.lower() in _CLOSES for footer in footers}
    for text, closes in [(body, False), *closing.items()]:
        for match in _NAMED.finditer(text):
            key = (match["repository"], int(match["number"]))
            found[key] = found.get(key, False) or closes or match["word"] is not None
    return tuple(Reference(number, repository, closes) for (repository, number), closes in found.items())
