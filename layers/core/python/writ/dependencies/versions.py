"""Order and distance of versions, by the rules of each ecosystem."""

from __future__ import annotations

import re
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from semver import Version as Semver

from writ.contracts.errors import ContractError
from writ.dependencies.model import Change
from writ.dependencies.npm_ranges import oldest_in, satisfies
from writ.ports.registry import Ecosystem, Package

_NUMBERS: Final = re.compile(
    r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?P<rest>[-+][0-9A-Za-z.+-]{1,100})?"
)
_LONGEST: Final = 128


def package(ecosystem: Ecosystem, name: str) -> Package:
    """A package under the name that its ecosystem compares by."""
    known = {Ecosystem.PYPI: lambda: str(canonicalize_name(name)), Ecosystem.NPM: lambda: name}
    return Package(ecosystem, known.get(ecosystem, name.lower)())


def ordered(ecosystem: Ecosystem, version: str) -> Any | None:
    """A key in the order of the ecosystem; None for a text that is no version there."""
    if len(version) > _LONGEST:
        return None
    try:
        if ecosystem is Ecosystem.PYPI:
            return Version(version)
        match = _NUMBERS.fullmatch(version)
        if match is None or (ecosystem is Ecosystem.NPM and match[3] is None):
            return None
        return Semver.parse(f"{match[1]}.{match[2] or 0}.{match[3] or 0}{match['rest'] or ''}")
    except (InvalidVersion, ValueError):
        return None


def is_prerelease(ecosystem: Ecosystem, version: str) -> bool:
    """Whether it comes before a release; what is no version counts as one."""
    key = ordered(ecosystem, version)
    if key is None:
        return True
    return bool(key.is_prerelease) if isinstance(key, Version) else key.prerelease is not None


def distance(ecosystem: Ecosystem, before: str, after: str) -> Change:
    """How far a version moves. Below 1.0 the first number that is not zero counts as the major one.

    Source: https://semver.org, 4: anything may change at any time while the major version is zero.
    """
    old, new = _numbers(ecosystem, before), _numbers(ecosystem, after)
    if old is None or new is None or old[0] != new[0]:
        return Change.MAJOR
    if old[1] != new[1]:
        return Change.MAJOR if old[0] == 0 and _is_semantic(ecosystem, before) else Change.MINOR
    return Change.PATCH


def allows(ecosystem: Ecosystem, range_: str, version: str) -> bool:
    """Whether a range holds a version. Raises ContractError for a range that does not read."""
    if ecosystem is Ecosystem.NPM:
        return satisfies(range_, version)
    try:
        return SpecifierSet(range_).contains(version, prereleases=True)
    except InvalidSpecifier:
        raise ContractError(f"no version specifier: {range_[:64]!r}", field="range") from None


def is_beyond(ecosystem: Ecosystem, range_: str, version: str) -> bool:
    """Whether everything that a range holds is newer than a version, by its lower bounds."""
    begins = oldest_in(range_) if ecosystem is Ecosystem.NPM else oldest_allowed(range_)
    first, found = ordered(ecosystem, begins or ""), ordered(ecosystem, version)
    return first is not None and found is not None and bool(first > found)


def runs_on(requires_python: str, oldest: str) -> bool:
    """Whether a release says that it runs on a version of Python; one that says nothing does."""
    if not requires_python.strip():
        return True
    try:
        return SpecifierSet(requires_python).contains(oldest, prereleases=True)
    except InvalidSpecifier:
        return False


def oldest_allowed(specifier: str) -> str | None:
    """The oldest version that a specifier lets in, by its lower bounds; None where it has none."""
    try:
        bounds = [
            Version(s.version.removesuffix(".*")) for s in SpecifierSet(specifier) if s.operator[0] in ">=~"
        ]
    except (InvalidSpecifier, InvalidVersion):
        return None
    return str(max(bounds)) if bounds else None


def requirement(text: str) -> Requirement | None:
    """A requirement of PEP 508, None for a text that is none."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _numbers(ecosystem: Ecosystem, version: str) -> tuple[int, int, int] | None:
    key = ordered(ecosystem, version)
    if key is None:
        return None
    if isinstance(key, Version):
        return (key.epoch * 1_000_000 + key.major, key.minor, key.micro)
    return (key.major, key.minor, key.patch)


def _is_semantic(ecosystem: Ecosystem, version: str) -> bool:
    return ecosystem is not Ecosystem.ACTIONS or version.count(".") == 2
