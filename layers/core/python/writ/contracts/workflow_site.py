"""Whose workflows may call the API as themselves, and who vouches for their runs.

A run on GitHub asks GitHub for a token that says which repository, commit and run it is of, is meant for one
audience and ends within minutes: https://docs.github.com/en/actions/concepts/security/openid-connect
"""

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from writ.contracts.forge_site import ApiUrl

GITHUB_RUNS: Final = "https://token.actions.githubusercontent.com"
RepositoryPattern = Annotated[
    str, Field(pattern=r"^(\*|[A-Za-z0-9][A-Za-z0-9-]{0,38})/(\*|[A-Za-z0-9._-]{1,100})$")
]
WorkflowPattern = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/(\*|[A-Za-z0-9._-]{1,100})/[^\s@*]{1,200}@\S{1,200}$")
]


class WorkflowSite(BaseModel):
    """`repositories` are those whose runs are let in, `acme/shop` or `acme/*`. GitHub vouches for those of
    everybody, so with it the owner is named.

    `workflows` are those whose jobs may call, as `job_workflow_ref` names them: `*` is anything but `/` and
    `@`, and `**` anything, `acme/writ/.github/workflows/gates.yml@refs/tags/*` say. Without them every
    workflow of these repositories may, also one that a branch has changed.

    `addresses` are those of the API beside its own, of a domain in front of it say: a token is good for the
    one address that it was asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    repositories: Annotated[tuple[RepositoryPattern, ...], Field(min_length=1, max_length=20)]
    workflows: Annotated[tuple[WorkflowPattern, ...], Field(max_length=10)] = ()
    issuer: ApiUrl = GITHUB_RUNS
    addresses: Annotated[tuple[ApiUrl, ...], Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _names_owners(self) -> Self:
        if self.issuer == GITHUB_RUNS and any(name.startswith("*") for name in self.repositories):
            raise ValueError("an owner is named where GitHub vouches, for it does so for everybody")
        return self
