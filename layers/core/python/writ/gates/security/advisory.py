"""Advisories in the OSV format, in JSON as mirrors hold them, or in YAML as some databases are written.

Read strictly where it decides, and no further: credits and the like may say what they want.
Source: https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from writ.contracts.errors import ContractError, from_validation

MOST_BYTES: Final = 16 * 1024 * 1024
GIT: Final = "GIT"
# The ecosystems of OSV that package URLs name, by the type of the URL.
# https://ossf.github.io/osv-schema/#defined-ecosystems, https://github.com/package-url/purl-spec
ECOSYSTEMS: Final = {
    "pypi": "PyPI",
    "npm": "npm",
    "cargo": "crates.io",
    "composer": "Packagist",
    "gem": "RubyGems",
    "github": "GitHub Actions",
    "golang": "Go",
    "hex": "Hex",
    "maven": "Maven",
    "nuget": "NuGet",
    "pub": "Pub",
}
_ANY_CASE: Final = frozenset({"NuGet", "GitHub Actions", "Packagist"})
_PURL: Final = re.compile(r"pkg:([a-z][a-z0-9.+-]*)/([^@?#]+)")
_SHOWN: Final = 160
_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
_Id = Annotated[str, Field(pattern=_ID, max_length=200)]
_Version = Annotated[str, Field(min_length=1, max_length=200)]


def _shortened(text: str) -> str:
    words = " ".join(text[:1000].split())
    return words if len(words) <= _SHOWN else words[:_SHOWN].rpartition(" ")[0] + " …"


# Longer ones are cut, and not refused: they only tell people.
_Words = Annotated[str, AfterValidator(_shortened)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True, strict=True)


class Event(_Part):
    """One point of a range: exactly one of the four says which."""

    introduced: _Version | None = None
    fixed: _Version | None = None
    last_affected: _Version | None = None
    limit: _Version | None = None


class Range(_Part):
    type: Literal["SEMVER", "ECOSYSTEM", "GIT"]
    repo: Annotated[str, Field(max_length=1000)] | None = None
    events: Annotated[list[Event], Field(min_length=1, max_length=20_000)]


class Package(_Part):
    ecosystem: Annotated[str, Field(min_length=1, max_length=100)]
    name: Annotated[str, Field(min_length=1, max_length=1000)]


class Score(_Part):
    type: Annotated[str, Field(max_length=50)]
    score: Annotated[str, Field(max_length=1000)]


class Affected(_Part):
    """A package, and which versions of it are affected."""

    package: Package | None = None
    severity: list[Score] | None = None
    ranges: Annotated[list[Range], Field(max_length=10_000)] | None = None
    versions: Annotated[list[_Version], Field(max_length=200_000)] | None = None
    database_specific: dict[str, Any] | None = None
    ecosystem_specific: dict[str, Any] | None = None


class Advisory(_Part):
    """One advisory as a database states it."""

    id: _Id
    aliases: list[_Id] | None = None
    modified: Annotated[str, Field(max_length=64)] = ""
    withdrawn: Annotated[str, Field(max_length=64)] | None = None
    summary: _Words | None = None
    details: _Words | None = None
    severity: list[Score] | None = None
    affected: list[Affected] = []
    database_specific: dict[str, Any] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Its id and those by which others name it."""
        return (self.id, *(self.aliases or ()))

    @property
    def says_malicious(self) -> bool:
        """Whether the release itself is the attack: https://github.com/ossf/malicious-packages"""
        return any(name.startswith("MAL-") for name in self.names)


_ADVISORY: Final = TypeAdapter(Advisory)


@dataclass(frozen=True, slots=True)
class Document:
    """An advisory of which only this was looked at: keys of what it is about, and when it was modified."""

    name: str
    content: dict[str, Any]
    keys: frozenset[tuple[str, str]]
    modified: str


def document(name: str, content: bytes) -> Document:
    """Read enough of a file to know whom it concerns. Raises ContractError, whose field is the file."""
    if len(content) > MOST_BYTES:
        raise ContractError(f"{name} is larger than is read: {MOST_BYTES} bytes", field=name)
    try:
        value = from_json(content) if name.endswith(".json") else _yaml(content)
    except (ValueError, RecursionError):
        raise ContractError(f"{name} is neither JSON nor YAML", field=name) from None
    try:
        if not isinstance(value["id"], str):
            raise TypeError
        keys = frozenset(_keys(value.get("affected") or ()))
        modified = value.get("modified")
    except (KeyError, TypeError, AttributeError):
        raise ContractError(f"{name} is no advisory in the OSV format", field=name) from None
    return Document(name, value, keys, modified if isinstance(modified, str) else "")


def advisory(found: Document) -> Advisory:
    """The whole of it. Raises ContractError, whose field is the file, for what is not OSV's."""
    try:
        return _ADVISORY.validate_python(found.content)
    except ValidationError as error:
        first = from_validation(error, found.name)
        raise ContractError(f"{first.message} (at {first.field})", field=found.name) from None


def is_withdrawn(found: Advisory, now: datetime) -> bool:
    """Whether the advisory was taken back by now. One whose time cannot be read still counts."""
    if not found.withdrawn:
        return False
    try:
        moment = datetime.fromisoformat(found.withdrawn)
        return moment <= now
    except (ValueError, TypeError):  # no time, or one without an offset
        return False


def key_of(purl: str) -> tuple[str, str] | None:
    """The key of a component's package; None for one of an ecosystem that OSV has not, or of none."""
    match = _PURL.match(purl)
    if match is None or match[1] not in ECOSYSTEMS:
        return None
    name = unquote(match[2])
    return _key(ECOSYSTEMS[match[1]], name.replace("/", ":") if match[1] == "maven" else name)


def repository_key(address: str) -> tuple[str, str]:
    """The key of a git repository, however its address is written."""
    host, slash, path = re.sub(r"^(?:git\+)?[a-z+]+://", "", address.strip().lower()).partition("/")
    bare = host.rpartition("@")[2] + slash + path
    return GIT, bare.replace(":", "/", 1).removesuffix("/").removesuffix(".git")


def matches(affected: Affected, key: tuple[str, str]) -> bool:
    """Whether a part of an advisory is about the package, or the repository, of a key."""
    if key[0] == GIT:
        return any(repository_key(item.repo) == key for item in affected.ranges or () if item.repo)
    package = affected.package
    return package is not None and _key(package.ecosystem, package.name) == key


def _keys(items: Any) -> Iterator[tuple[str, str]]:
    for item in items:
        package = item.get("package")
        if package:
            yield _key(package["ecosystem"], package["name"])
        for span in item.get("ranges") or ():
            if span["type"] == GIT and span.get("repo"):
                yield repository_key(span["repo"])


def _key(ecosystem: str, name: str) -> tuple[str, str]:
    kind = ecosystem.partition(":")[0]
    if kind == "PyPI":
        return kind, re.sub(r"[-_.]+", "-", name).lower()  # PEP 503
    return kind, name.lower() if kind in _ANY_CASE else name


def _yaml(content: bytes) -> Any:
    """Every scalar is a text in OSV, so that no version becomes a number."""
    import yaml

    from writ.yaml_bounds import load

    try:
        return load(content.decode(), getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except yaml.YAMLError:
        raise ValueError from None
