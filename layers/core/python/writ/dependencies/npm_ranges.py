"""Ranges of npm: `^1.2.3`, `~1.2`, `1.x`, `>=1 <3`, `1.2 - 1.4`, `a || b`, `*`.

Source: the grammar in the documentation of npm's package `semver`; versions are ordered by Python's `semver`.
"""

from __future__ import annotations

import re
from typing import Final

from semver import Version

from writ.contracts.errors import ContractError

_PARTIAL: Final = re.compile(
    r"v?(?P<major>[0-9]{1,15}|[xX*])(?:\.(?P<minor>[0-9]{1,15}|[xX*]))?(?:\.(?P<patch>[0-9]{1,15}|[xX*]))?"
    r"(?:-(?P<pre>[0-9A-Za-z.-]{1,100}))?(?:\+[0-9A-Za-z.-]{1,100})?"
)
_COMPARATOR: Final = re.compile(r"\s*(>=|<=|>|<|=|\^|~>?)?\s*([^\s<>=^~]+)")
_HYPHEN: Final = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")
_LONGEST: Final = 256
_WILD: Final = frozenset({None, "x", "X", "*"})
Bound = tuple[str, Version]


def satisfies(range_: str, version: str) -> bool:
    """Whether a version is in a range. A pre-release only is where the range names one of the same version.

    Raises ContractError for a range or a version that is none: an address or the name of a tag, say.
    """
    found = _version(version)
    return any(_within(bounds, found) for bounds in _alternatives(range_))


def oldest_in(range_: str) -> str | None:
    """The version that a range begins with; None where it has no lower bound, or for a text that is none."""
    try:
        starts = [
            max((bound for sign, bound in bounds if sign in {">=", ">", "="}), default=None)
            for bounds in _alternatives(range_)
        ]
    except ContractError:
        return None
    known = [start for start in starts if start is not None]
    return str(min(known)) if known and len(known) == len(starts) else None


def _alternatives(range_: str) -> list[list[Bound]]:
    if len(range_) > _LONGEST:
        raise _no_range(range_)
    return [_bounds(part) for part in range_.split("||")]


def _version(text: str) -> Version:
    try:
        return Version.parse(text.removeprefix("v"))
    except ValueError:
        raise ContractError(f"no version of npm: {text[:64]!r}", field="version") from None


def _within(bounds: list[Bound], found: Version) -> bool:
    if not all(_holds(sign, found, bound) for sign, bound in bounds):
        return False
    if found.prerelease is None:
        return True
    core = found.finalize_version()
    return any(bound.prerelease is not None and bound.finalize_version() == core for _, bound in bounds)


def _holds(sign: str, found: Version, bound: Version) -> bool:
    order = found.compare(bound)
    return {">=": order >= 0, "<=": order <= 0, ">": order > 0, "<": order < 0, "=": order == 0}[sign]


def _bounds(part: str) -> list[Bound]:
    part = part.strip()
    if not part or part in {"*", "x", "X"}:
        return []
    if hyphen := _HYPHEN.fullmatch(part):
        return [*_expanded(">=", hyphen[1]), *_expanded("<=", hyphen[2])]
    found: list[Bound] = []
    place = 0
    while place < len(part):
        match = _COMPARATOR.match(part, place)
        if match is None:
            raise _no_range(part)
        found += _expanded(match[1] or "=", match[2])
        place = match.end()
    return found


def _expanded(sign: str, text: str) -> list[Bound]:
    match = _PARTIAL.fullmatch(text)
    if match is None:
        raise _no_range(text)
    given = [match[name] for name in ("major", "minor", "patch")]
    known = 0
    while known < len(given) and given[known] not in _WILD:
        known += 1
    numbers = [int(number or 0) if place < known else 0 for place, number in enumerate(given)]
    low = Version(numbers[0], numbers[1], numbers[2], match["pre"] if known == len(given) else None)
    if sign in {"^", "~", "~>"}:
        return _floating(sign, low, known)
    if known == 0:
        return [("<", Version(0, 0, 0))] if sign in {"<", ">"} else []
    if known == len(given):
        return [(sign, low)]
    high = _after(low, known)
    return {
        "=": [(">=", low), ("<", high)],
        ">=": [(">=", low)],
        ">": [(">=", high)],
        "<": [("<", low)],
        "<=": [("<", high)],
    }[sign]


def _floating(sign: str, low: Version, known: int) -> list[Bound]:
    if known == 0:
        return []
    if sign != "^":
        return [(">=", low), ("<", _after(low, min(known, 2)))]
    parts = (low.major, low.minor, low.patch)
    first = next((place for place in range(known) if parts[place]), known - 1)
    return [(">=", low), ("<", _after(low, first + 1))]


def _after(low: Version, place: int) -> Version:
    """The first version past all that share so many numbers with this one."""
    parts = [low.major, low.minor, low.patch]
    parts[place - 1] += 1
    major, minor, patch = (number if at < place else 0 for at, number in enumerate(parts))
    return Version(major, minor, patch)


def _no_range(text: str) -> ContractError:
    return ContractError(f"no range of npm: {text[:64]!r}", field="range")
