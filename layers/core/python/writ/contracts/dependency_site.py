"""Whose dependencies are bumped, and which indexes are asked about them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from writ.contracts.anchor import Repository
from writ.contracts.forge_site import ApiUrl


class DependencySite(BaseModel):
    """Repositories on the forge, and the base addresses of indexes. None has a default: an ecosystem without
    an address is not asked about, and what is used of it is shown as not looked at.

    `pypi` is the address of a simple index as pip takes it, whose answers are JSON (PEP 691) and say when
    files were uploaded (PEP 700). `npm` is the address of a registry as npm takes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    repositories: Annotated[tuple[Repository, ...], Field(max_length=50)] = ()
    pypi: ApiUrl | None = None
    npm: ApiUrl | None = None
