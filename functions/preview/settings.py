"""Which pull requests get a preview, from which template and within which limits: `assets/settings.json`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from functions.preview.model import Lifetime, Quota, Terms
from functions.preview.templates import template

ASSETS: Final = Path(__file__).parent / "assets"
ANY: Final = "*"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Repositories(_Part):
    """What holds for repositories whose name matches; their team is their owner where none is named.

    `always`: every pull request gets a preview, whoever opened it.
    """

    match: Annotated[str, Field(min_length=1, max_length=256)]
    team: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] | None = None
    template: str
    lifetime: str = ANY
    always: bool = False


class Settings(_Part):
    """Quotas by team, lifetimes by name, `*` for all others; the first repositories that match count."""

    label: Annotated[str, Field(min_length=1, max_length=50)]
    quotas: dict[str, Quota]
    lifetimes: dict[str, Lifetime]
    repositories: list[Repositories]

    @model_validator(mode="after")
    def _complete(self) -> Settings:
        for name, given in (("quotas", self.quotas), ("lifetimes", self.lifetimes)):
            if ANY not in given:
                raise ValueError(f"{name} says nothing for {ANY}")
        for each in self.repositories:
            if each.lifetime not in self.lifetimes:
                raise ValueError(f"there is no lifetime {each.lifetime}")
            template(each.template)
        return self

    def terms(self, repository: str) -> Terms | None:
        """What holds for a repository; None where none of its pull requests get previews."""
        name = repository.lower()
        found = next((each for each in self.repositories if fnmatchcase(name, each.match)), None)
        if found is None:
            return None
        team = found.team or name.partition("/")[0]
        return Terms(
            team=team,
            template=found.template,
            label=self.label,
            always=found.always,
            usd_micros_per_hour=template(found.template).usd_micros_per_hour,
            lifetime=self.lifetimes[found.lifetime],
            quota=self.quotas.get(team, self.quotas[ANY]),
        )


@cache
def settings() -> Settings:
    """The settings that this function was deployed with."""
    return Settings.model_validate_json((ASSETS / "settings.json").read_bytes())
