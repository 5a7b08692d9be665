"""Whether a version of a package lies in a VERS range, by the order of its ecosystem.

Source: https://github.com/package-url/vers-spec. Order is known for PyPI (PEP 440) and for the ecosystems of
semantic versions; of the others a range can only name versions, for whose order of maven or deb say we know
is not what a comparison of numbers gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

from writ.contracts.errors import ContractError

ALL: Final = "*"
SEMANTIC: Final = frozenset({"cargo", "composer", "github", "golang", "hex", "npm", "nuget", "pub", "semver"})
_VERS: Final = re.compile(r"vers:([a-z][a-z0-9.+-]*)/(.+)")
_CONSTRAINT: Final = re.compile(r"(>=|<=|!=|<|>|=)?(.+)")
# https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string, and a leading v.
_SEMVER: Final = re.compile(
    r"v?(\d{1,18})(?:\.(\d{1,18}))?(?:\.(\d{1,18}))?(?:\.\d{1,18})?(?:-([0-9A-Za-z.-]{1,200}))?(?:\+[0-9A-Za-z.-]{1,200})?"
)


def check(range_: str) -> None:
    """Raise ContractError (field `versions`) for a range that is none, or that nobody can order."""
    if range_ != ALL:
        _parsed(range_)


def within(range_: str, ecosystem: str, version: str) -> bool:
    """Whether a version is in a range that was checked; one that has no place in the order is not.

    A range of one ecosystem holds no version of another.
    """
    if range_ == ALL:
        return True
    scheme, constraints = _parsed(range_)
    if scheme != ecosystem:
        return False
    ordered = _order(scheme)
    try:
        found = ordered(version)
        return _holds([(sign, ordered(text)) for sign, text in constraints], found)
    except ValueError:
        return False


def _holds(constraints: list[tuple[str, Any]], found: Any) -> bool:
    """The range is the union of its points and of its intervals, from a lower bound to the next upper."""
    if any(sign == "!=" and bound == found for sign, bound in constraints):
        return False
    if any(sign == "=" and bound == found for sign, bound in constraints):
        return True
    bounds = sorted(
        ((bound, sign) for sign, bound in constraints if sign[0] in "<>"), key=lambda pair: pair[0]
    )
    inside, limited = False, bool(bounds)
    for position, (bound, sign) in enumerate(bounds):
        if sign[0] == "<" and (position == 0 or bounds[position - 1][1][0] == ">"):
            low = bounds[position - 1] if position else None
            inside |= (low is None or _above(found, low)) and _below(found, (bound, sign))
    if bounds and bounds[-1][1][0] == ">":
        inside |= _above(found, bounds[-1])
    only_without = not limited and all(sign == "!=" for sign, _ in constraints)
    return inside or only_without


def _above(found: Any, bound: tuple[Any, str]) -> bool:
    return bool(found >= bound[0] if bound[1] == ">=" else found > bound[0])


def _below(found: Any, bound: tuple[Any, str]) -> bool:
    return bool(found <= bound[0] if bound[1] == "<=" else found < bound[0])


def _parsed(range_: str) -> tuple[str, list[tuple[str, str]]]:
    match = _VERS.fullmatch(range_)
    if match is None:
        raise ContractError("versions is * or a VERS range: vers:pypi/>=1.0|<2.0, say", field="versions")
    scheme, constraints = match[1], []
    for part in match[2].split("|"):
        found = _CONSTRAINT.fullmatch(part)
        if found is None:
            raise ContractError("a constraint of the versions is empty", field="versions")
        constraints.append((found[1] or "=", unquote(found[2])))
    ordered = _order(scheme)
    if ordered is str and any(sign[0] in "<>" for sign, _ in constraints):
        raise ContractError(f"the order of {scheme} versions is not known; name them", field="versions")
    for _, text in constraints:
        try:
            ordered(text)
        except ValueError:
            raise ContractError(f"{text[:64]} is no version of {scheme}", field="versions") from None
    return scheme, constraints


def _order(scheme: str) -> Callable[[str], Any]:
    if scheme == "pypi":
        from packaging.version import Version

        return Version
    return semantic if scheme in SEMANTIC else str


def semantic(text: str) -> tuple[Any, ...]:
    """A key in the order of semantic versions (https://semver.org, 11). Raises ValueError for other texts."""
    match = _SEMVER.fullmatch(text)
    if match is None:
        raise ValueError(text)
    numbers = tuple(int(number or 0) for number in match.group(1, 2, 3))
    before = match[4]
    if before is None:
        return (*numbers, 1, ())
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in before.split("."))
    return (*numbers, 0, parts)
