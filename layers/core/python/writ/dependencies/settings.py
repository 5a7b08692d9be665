"""What a repository says about its dependency bumps, in `.gates/dependencies.yaml`."""

from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from writ.contracts.errors import ContractError, from_validation
from writ.dependencies.model import Change, Update
from writ.dependencies.versions import allows
from writ.ports.registry import Ecosystem, Package

FILE: Final = ".gates/dependencies.yaml"
Word = Literal["patch", "minor", "major"]
Pattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9@*?._/-]{1,128}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
EcosystemWord = Literal["pypi", "npm", "github"]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class GroupRule(_Part):
    """Packages whose updates are proposed together; never a major one, unless it says so."""

    name: Slug
    packages: Annotated[list[Pattern], Field(min_length=1, max_length=200)]
    ecosystems: list[EcosystemWord] = ["pypi", "npm", "github"]
    updates: list[Word] = ["patch", "minor"]

    def takes(self, package: Package, change: Change) -> bool:
        fits = any(fnmatchcase(package.name, pattern) for pattern in self.packages)
        return fits and package.ecosystem.value in self.ecosystems and change.word in self.updates


class IgnoreRule(_Part):
    """Versions that are never proposed: all of a package, those of a range, or some kinds of updates.

    `reason` is shown with what is held back.
    """

    package: Pattern
    ecosystem: EcosystemWord | None = None
    versions: Annotated[str, Field(max_length=128)] | None = None
    updates: list[Word] = ["patch", "minor", "major"]
    reason: Annotated[str, Field(min_length=3, max_length=200)]

    def covers(self, package: Package, version: str, change: Change) -> bool:
        if self.ecosystem not in (None, package.ecosystem.value) or change.word not in self.updates:
            return False
        if not fnmatchcase(package.name, self.package):
            return False
        return self.versions is None or allows(package.ecosystem, self.versions, version)


class SecurityRule(_Part):
    """`early`: whether a release with a fix may be asked for before its cooldown is over; policy answers."""

    early: bool = False


class Limits(_Part):
    """How many pull requests for bumps are open at a time, and how many new ones a day brings."""

    open: Annotated[int, Field(ge=0, le=50)] = 5
    per_day: Annotated[int, Field(ge=0, le=50)] = 3


class DependencySettings(_Part):
    """Everything has a default; `cooldown_days` is never shorter than what policy wants.

    `python` and `node` are the oldest ones that the repository runs on, where its pyproject.toml or
    package.json does not say.
    `transitive`: whether what only came with something else is bumped too, and not for advisories alone.
    """

    enabled: bool = True
    cooldown_days: Annotated[int, Field(ge=0, le=365)] = 7
    ecosystems: list[EcosystemWord] = ["pypi", "npm", "github"]
    python: Annotated[str, Field(pattern=r"^3\.\d{1,2}(\.\d{1,2})?$")] | None = None
    node: Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,3}){0,2}$")] | None = None
    transitive: bool = False
    groups: Annotated[list[GroupRule], Field(max_length=50)] = []
    ignore: Annotated[list[IgnoreRule], Field(max_length=200)] = []
    limits: Limits = Limits()
    security: SecurityRule = SecurityRule()
    trials: Annotated[int, Field(ge=1, le=100)] = 30
    labels: Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=10)] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [rule.name for rule in self.groups]
        if len(set(names)) < len(names):
            raise ValueError("two groups have the same name")
        for rule in self.ignore:
            if rule.versions is not None and rule.ecosystem is None:
                raise ValueError("versions goes with ecosystem")
            if rule.ecosystem is not None and rule.versions is not None:
                allows(Ecosystem(rule.ecosystem), rule.versions, "1.0.0")
        return self

    @property
    def cooldown(self) -> timedelta:
        return timedelta(days=self.cooldown_days)

    def group_of(self, update: Update) -> str:
        """The name of the first group whose rule takes an update; empty where none does."""
        for rule in self.groups:
            if rule.takes(update.package, update.change):
                return rule.name
        return ""


def read_settings(written: str) -> DependencySettings:
    """Settings from the text of the file; an empty one gives the defaults.

    Raises ContractError that names the field at fault.
    """
    import yaml

    from writ.yaml_bounds import load_small

    try:
        document: Any = load_small(written)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise ContractError(f"{FILE}: not YAML: {str(error)[:120]}", field=FILE) from None
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise ContractError(f"{FILE} is not a mapping", field=FILE)
    try:
        return DependencySettings.model_validate(document)
    except ContractError as error:
        raise ContractError(f"{FILE}: {error.message}", field="ignore.versions") from None
    except ValidationError as error:
        raise from_validation(error, FILE) from None
