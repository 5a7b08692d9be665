"""A CODEOWNERS file: who owns which paths; of the lines that match, the last one counts.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/
customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

# Where GitHub looks, in this order.
PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_MOST_STARS: Final = 4
_MOST_DEEP: Final = 2
_OWNER: Final = re.compile(r"@[A-Za-z0-9-]{1,39}(/[A-Za-z0-9._-]{1,100})?|[^@\s]+@[^@\s]+\.[^@\s]+")
_PART: Final = re.compile(r"/\*\*/|\*\*/|/\*\*|\*|\?|\\.|.", re.DOTALL)
_SPELT: Final = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number, pattern and owners, and `problem` where it is not as it should be."""

    number: int
    pattern: str
    owners: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True)
class Owners:
    """The lines of a file."""

    lines: tuple[Line, ...]
    _matchers: tuple[re.Pattern[str], ...]

    def of(self, path: str) -> tuple[str, ...]:
        """Who owns a path; nobody where no line matches, or the last that does names none."""
        for line, matcher in zip(reversed(self.lines), reversed(self._matchers), strict=True):
            if not line.problem and matcher.fullmatch(path):
                return line.owners
        return ()


def parse(lines: Sequence[str]) -> Owners:
    """Read the lines of a file; GitHub passes over one with a mistake, so it owns nothing here either."""
    found = []
    for number, text in enumerate(lines, start=1):
        bare = re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()
        if bare:
            pattern, *owners = re.split(r"(?<!\\)\s+", bare)
            found.append(Line(number, pattern, tuple(owners), _problem(pattern, owners)))
    return Owners(tuple(found), tuple(_matcher(line.pattern) for line in found))


def _problem(pattern: str, owners: Sequence[str]) -> str:
    if pattern.startswith("!") or "[" in pattern:
        return f"{pattern} has a form that GitHub does not know here"
    if _is_slow(pattern):
        return f"{pattern[:200]} has more wildcards than are tried"
    wrong = next((owner for owner in owners if not _OWNER.fullmatch(owner)), None)
    return f"{wrong} is no user, team or mail address" if wrong else ""


def _is_slow(pattern: str) -> bool:
    """Whether trying it could take long: each further wildcard multiplies the ways to match a path."""
    parts = pattern.strip("/").split("/")
    again = parts.count("**") > _MOST_DEEP or any(one == two == "**" for one, two in pairwise(parts))
    return again or any(part.count("*") > _MOST_STARS for part in parts)


def _matcher(pattern: str) -> re.Pattern[str]:
    """The pattern as an expression: as in gitignore, but that `a/*` does not reach below `a`."""
    anchored = "/" in pattern.rstrip("/")
    bare = pattern.lstrip("/")
    spelt = "".join(_SPELT.get(part) or re.escape(part[-1]) for part in _PART.findall(bare.rstrip("/")))
    below = "/.*" if pattern.endswith("/") else "" if spelt.endswith("[^/]*") and anchored else "(?:/.*)?"
    return re.compile(("" if anchored else "(?:.*/)?") + spelt + below, re.DOTALL)
