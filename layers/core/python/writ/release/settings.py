"""What a repository says about its releases, in `release.yaml`."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from writ.contracts.errors import ContractError, from_validation
from writ.release.build import BuildSettings, Path
from writ.release.words import Merges, Scheme, Squash

if TYPE_CHECKING:
    # What carries rules out is loaded by whoever asks for it: a push that releases nothing needs none of it.
    from writ.release.conventions import Rules
    from writ.release.packages import Package
    from writ.release.versions import Bump, TagPattern

FILE: Final = "release.yaml"
Word = Literal["none", "patch", "minor", "major"]
Type = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Name = Annotated[str, Field(pattern=r"^[@A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=128)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)


class PackageSettings(_Part):
    """A package of a repository that has several; what it says of its build and boms is its own."""

    name: Name
    path: Path
    also: list[Path] = []
    changelog: Path | None = None
    build: BuildSettings | None = None
    boms: Annotated[list[Path], Field(max_length=10)] | None = None


class ReleaseSettings(_Part):
    """Rules by name, what differs from them, how tags and files are called, and what is built.

    `on_push`: a push to the default branch is released, where its commits call for it. `boms` are the lock
    files that a release's bill of materials is made of.
    """

    rules: Literal["angular", "conventional", "commitizen", "python-semantic-release"] = "angular"
    types: dict[Type, Word] = {}
    scopes: dict[str, Word] = {}
    squash: Squash | None = None
    merges: Merges | None = None
    zero: Literal["same", "breaking-is-minor", "shift"] | None = None
    first: str | None = None
    scheme: Scheme = "semver"
    tag: str | None = None
    changelog: Path = "CHANGELOG.md"
    url: Annotated[str, Field(pattern=r"^https://[^\s()<>]+$")] | None = None
    packages: list[PackageSettings] = []
    on_push: bool = False
    build: BuildSettings | None = None
    boms: Annotated[list[Path], Field(max_length=10)] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [each.name for each in self.packages]
        if len(set(names)) < len(names):
            raise ValueError("two packages have the same name")
        if self.packages and not self.pattern.has_package:
            raise ValueError("tag has no {package}, and there are several packages")
        if not self.packages and self.pattern.has_package:
            raise ValueError("tag names a {package}, and there are none")
        if self.first is not None:
            from writ.release.versions import parse_version

            parse_version(self.first)
        return self

    @property
    def pattern(self) -> "TagPattern":
        """How tags are written; by default `v1.2.3`, and `core-v1.2.3` where there are packages."""
        from writ.release.versions import TagPattern

        return TagPattern(
            self.tag or ("{package}-v{version}" if self.packages else "v{version}"), self.scheme
        )

    @property
    def effective(self) -> "Rules":
        """The rules by name with what this repository changes of them."""
        from writ.release.conventions import CONVENTIONS, ZERO

        named = CONVENTIONS[self.rules]
        return replace(
            named,
            types={**named.types, **_bumps(self.types)},
            scopes=_bumps(self.scopes),
            squash=self.squash or named.squash,
            merges=self.merges or named.merges,
            zero=named.zero if self.zero is None else ZERO[self.zero],
            first=self.first or named.first,
        )

    @property
    def parts(self) -> "tuple[Package, ...]":
        from writ.release.packages import Package

        return tuple(Package(each.name, each.path, tuple(each.also)) for each in self.packages)

    def changelog_of(self, package: str | None) -> str:
        """The file of a package's changelog: its own, or the one in its folder."""
        for each in self.packages:
            if each.name == package:
                return each.changelog or f"{each.path.rstrip('/')}/{self.changelog}".lstrip("/")
        return self.changelog

    def build_of(self, package: str | None) -> BuildSettings | None:
        """What makes a package's files: its own build, or the repository's."""
        own = next((each.build for each in self.packages if each.name == package), None)
        return own or self.build

    def boms_of(self, package: str | None) -> tuple[str, ...]:
        """The lock files that say what is in a package: those that are named for it, or for all."""
        own = next((each.boms for each in self.packages if each.name == package), None)
        return tuple(self.boms if own is None else own)


def read_settings(document: Any) -> ReleaseSettings:
    """Settings from a parsed document; an empty one gives the defaults.

    Raises ContractError that names the field at fault.
    """
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise ContractError(f"{FILE} is not a mapping", code="contract.invalid")
    try:
        return ReleaseSettings.model_validate(document)
    except ValidationError as error:
        raise from_validation(error, FILE) from None


def _bumps(words: dict[str, Word]) -> "dict[str, Bump]":
    from writ.release.versions import Bump

    return {name: Bump[word.upper()] for name, word in words.items()}
