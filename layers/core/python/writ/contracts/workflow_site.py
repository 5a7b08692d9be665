"""Whose workflows may call the API as themselves, and who vouches for their runs.

A run on GitHub asks GitHub for a token that says which repository, commit and run it is of, is meant for one
audience and ends within minutes: https://docs.github.com/en/actions/concepts/security/openid-connect
"""

import re
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from writ.contracts.forge_site import ApiUrl

GITHUB_RUNS: Final = "https://token.actions.githubusercontent.com"
RepositoryPattern = Annotated[
    str, Field(pattern=r"^(\*|[A-Za-z0-9][A-Za-z0-9-]{0,38})/(\*|[A-Za-z0-9._-]{1,100})$")
]
WorkflowPattern = Annotated[str, Field(pattern=r"^\S+$", max_length=300)]
# A commit, or branches or tags that begin so: whoever may write one of all refs is not to be trusted.
_TRUSTED: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}/\.github/workflows/[^\s@*/]+"
    r"@([0-9a-f]{40}|refs/(heads|tags)/[^\s*]*\*{0,2})"
)


class WorkflowSite(BaseModel):
    """`repositories` are those whose runs are let in, `acme/shop` or `acme/*`; `owner_ids` the ids of their
    owners, for a name that is given up may be taken by somebody else.

    `gates` are the workflows whose word on gates counts, as the token of a job has them in
    `job_workflow_ref`: `acme/writ/.github/workflows/recorded-gates.yml@` and a commit, or `refs/tags/v*`
    where tags are protected. `*` is anything but `/` and `@`, `**` anything. Merges and releases go by that
    word, and whoever may push a branch can change the workflows in it: so none is believed that is not
    named.

    GitHub vouches for everybody's runs: with it owners and workflows are named without `*`.

    `addresses` are those of the API beside its own, of a domain in front of it say: a token is good for the
    one address that it was asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    repositories: Annotated[tuple[RepositoryPattern, ...], Field(min_length=1, max_length=20)]
    owner_ids: Annotated[tuple[Annotated[int, Field(gt=0)], ...], Field(max_length=20)] = ()
    gates: Annotated[tuple[WorkflowPattern, ...], Field(max_length=10)] = ()
    issuer: ApiUrl = GITHUB_RUNS
    addresses: Annotated[tuple[ApiUrl, ...], Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _names_whom_it_believes(self) -> Self:
        if self.issuer == GITHUB_RUNS:
            if any(name.startswith("*") for name in self.repositories):
                raise ValueError("an owner is named where GitHub vouches, for it does so for everybody")
            if wrong := [name for name in self.gates if not _TRUSTED.fullmatch(name)]:
                raise ValueError(
                    f"gates: {wrong[0]} is not one workflow at a commit, or at named branches or tags"
                )
        return self
