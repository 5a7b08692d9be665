"""Versions by SemVer 2.0.0 and PEP 440, and the tags that carry them.

Inside, a version is one of SemVer; a scheme reads and writes it as a repository does. Ordering, parsing and
increments are those of the packages `semver` and `packaging`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

from packaging.version import InvalidVersion
from packaging.version import Version as Pep440
from semver import Version

from writ.contracts.errors import ContractError
from writ.release.words import Scheme

Line = Literal["alpha", "beta", "rc"]

LINES: Final[tuple[Line, ...]] = ("alpha", "beta", "rc")
_SHORT: Final = {"a": "alpha", "b": "beta", "rc": "rc"}
_PEP440: Final = {line: letters for letters, line in _SHORT.items()}
_PLACEHOLDER: Final = re.compile(r"\{(version|package)\}")
_LONGEST: Final = 256


class Bump(IntEnum):
    """Which part of a version a change raises; the greater one prevails."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        return self.name.lower()


def parse_version(text: str, scheme: Scheme = "semver") -> Version:
    """The version a text is.

    Raises ContractError with the field `version` for one that the scheme does not know, or that has no
    equal in SemVer: an epoch, more than three numbers, a post, development or local release.
    """
    if len(text) > _LONGEST or not text.isascii():
        raise _unreadable(text, scheme)
    if scheme == "semver":
        try:
            return Version.parse(text)
        except ValueError:
            raise _unreadable(text, scheme) from None
    try:
        read = Pep440(text)
    except (InvalidVersion, ValueError):
        raise _unreadable(text, scheme) from None
    extra = read.epoch or read.is_devrelease or read.is_postrelease or read.local
    if extra or len(read.release) > 3:
        raise _unreadable(text, scheme)
    pre = f"{_SHORT[read.pre[0]]}.{read.pre[1]}" if read.pre else None
    return Version(read.major, read.minor, read.micro, pre)


def write_version(version: Version, scheme: Scheme = "semver") -> str:
    """The version as its scheme writes it: `1.2.0-rc.1` is `1.2.0rc1` by PEP 440.

    Raises ContractError for a pre-release or build that PEP 440 cannot say.
    """
    if scheme == "semver":
        return str(version)
    core = f"{version.major}.{version.minor}.{version.patch}"
    if version.build is not None:
        raise _unwritable(version)
    if version.prerelease is None:
        return core
    line, number = prerelease(version)
    if line is None:
        raise _unwritable(version)
    return f"{core}{_PEP440[line]}{number}"


def prerelease(version: Version) -> tuple[Line | None, int]:
    """The line of a pre-release and its number; no line for a release, or one of another form."""
    name, _, number = (version.prerelease or "").partition(".")
    if name in LINES and (number == "0" or re.fullmatch("[1-9][0-9]*", number)):
        return name, int(number)
    return None, 0


def core(version: Version) -> Version:
    """The release that a pre-release leads to, without build."""
    return Version(version.major, version.minor, version.patch)


def raised(version: Version, bump: Bump) -> Version:
    """The next release after a version; the same one for no bump."""
    if bump is Bump.MAJOR:
        return Version(version.major + 1)
    if bump is Bump.MINOR:
        return Version(version.major, version.minor + 1)
    return Version(version.major, version.minor, version.patch + bump)


def difference(earlier: Version, later: Version) -> Bump:
    """The leftmost number in which a later version is greater; none where the three are the same."""
    for bump, before, after in (
        (Bump.MAJOR, earlier.major, later.major),
        (Bump.MINOR, earlier.minor, later.minor),
        (Bump.PATCH, earlier.patch, later.patch),
    ):
        if before != after:
            return bump
    return Bump.NONE


@dataclass(frozen=True, slots=True)
class TagPattern:
    """How tags name versions: `v{version}`, `{package}-v{version}`, `{package}@{version}`, `{version}`.

    Raises ContractError with the field `tag` unless the text has one `{version}` and at most a `{package}`.
    """

    text: str
    scheme: Scheme = "semver"

    def __post_init__(self) -> None:
        names = _PLACEHOLDER.findall(self.text)
        rest = _PLACEHOLDER.sub("", self.text)
        if names.count("version") != 1 or names.count("package") > 1 or re.search(r"[{}\s]", rest):
            raise ContractError(
                f"a tag pattern has {{version}} once and {{package}} at most once: {self.text!r}", field="tag"
            )

    @property
    def has_package(self) -> bool:
        return "{package}" in self.text

    def read(self, tag: str, package: str | None = None) -> Version | None:
        """The version that a tag names, of that package; None for any other tag."""
        wanted = re.escape(package) if package is not None else r"[^\s]+"
        form = re.escape(self.text).replace(r"\{version\}", r"(?P<version>[0-9][^\s/]*)")
        found = re.fullmatch(form.replace(r"\{package\}", wanted), tag)
        if not found:
            return None
        try:
            return parse_version(found["version"], self.scheme)
        except ContractError:
            return None

    def write(self, version: Version, package: str | None = None) -> str:
        """The tag of a version; a pattern that names the package needs one."""
        if self.has_package and package is None:
            raise ContractError("this tag pattern names a package, and none is given", field="package")
        text = self.text.replace("{version}", write_version(version, self.scheme))
        return text.replace("{package}", package or "")

    def versions(self, tags: Iterable[str], package: str | None = None) -> list[tuple[Version, str]]:
        """Every version among tags with its tag, lowest first; of two of the same, by their names."""
        found = [(version, tag) for tag in tags if (version := self.read(tag, package)) is not None]
        return sorted(found, key=lambda pair: (pair[0], pair[1]))


def _unreadable(text: str, scheme: Scheme) -> ContractError:
    name = {"semver": "SemVer 2.0.0", "pep440": "PEP 440 with three numbers and maybe a pre-release"}[scheme]
    return ContractError(f"no version by {name}: {text[:80]!r}", field="version")


def _unwritable(version: Version) -> ContractError:
    return ContractError(f"PEP 440 has no form for {version}", field="version")
