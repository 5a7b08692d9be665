"""What the policies of pull requests say of paths, checks and teams: `pulls` of the bundle's data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from writ.contracts.errors import from_validation
from writ.gates.codeowners import Owners, parse
from writ.policy.errors import PolicyError
from writ.policy.input import GLOB

_Pattern = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Required(_Part):
    """A check by its name; with `app`, only one that this app reports counts."""

    name: Annotated[str, Field(min_length=1, max_length=256)]
    app: str | None = None


class RequiredOf(_Part):
    """The checks of those repositories whose name, in small letters, is matched."""

    repository: Annotated[str, Field(pattern=GLOB)]
    checks: list[Required]


class MergeSettings(_Part):
    method: Literal["merge", "squash", "rebase"]
    required_checks: list[RequiredOf]
    teams: dict[str, list[str]]


class Settings(_Part):
    """Paths are told by patterns as in CODEOWNERS."""

    convention: Literal["angular", "conventional", "commitizen", "python-semantic-release"]
    uncounted: list[_Pattern]
    areas: dict[str, list[_Pattern]]
    merge: MergeSettings

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Raises PolicyError that names what does not read."""
        try:
            return cls.model_validate(data.get("pulls"))
        except ValidationError as error:
            problem = from_validation(error, "pulls")
            raise PolicyError(f"policies/pulls/data.json: {problem.message} (at {problem.field})") from None

    def required(self, repository: str) -> list[Required]:
        """The checks that a repository asks for, each once."""
        return list(
            dict.fromkeys(
                check
                for given in self.merge.required_checks
                if fnmatchcase(repository.lower(), given.repository.lower())
                for check in given.checks
            )
        )

    def members(self, owner: str) -> list[str] | None:
        """The logins behind an owner of CODEOWNERS; None for one that nobody here can name."""
        if not owner.startswith("@"):
            return None
        if "/" not in owner:
            return [owner[1:]]
        known = {team.lower(): people for team, people in self.merge.teams.items()}
        return known.get(owner.lower())


def matching(patterns: Iterable[str]) -> Owners:
    """Of a path whether any of the patterns matches it: somebody owns it then."""
    return parse([f"{pattern} @any" for pattern in patterns])
