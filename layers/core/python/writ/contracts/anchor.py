"""Where checkpoints are posted outside the plane, and what is posted: a commit status on GitHub.

https://docs.github.com/en/rest/commits/statuses
"""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from writ.contracts.forge_site import GITHUB_API, ApiUrl

# GitHub's limit on a status' description, in characters.
MAX_DESCRIPTION: Final = 140


def _named(repository: str) -> str:
    if repository.rpartition("/")[2] in {".", ".."}:
        raise ValueError("not the name of a repository")
    return repository


Commit = Annotated[str, Field(pattern=r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")]
Repository = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$"), AfterValidator(_named)
]


class AnchorSite(BaseModel):
    """A repository on GitHub, and the commit in it that takes the statuses.

    Without `commit` it is the newest one of the default branch. GitHub takes 1,000 statuses of one name for
    a commit, so a fixed one lasts 41 days of hourly statuses and more. `api` is another server's REST API,
    for GitHub Enterprise; "stored" where it lies beside the token in the secret `anchor`, as for the local
    forge, which only gets its address when it starts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    repository: Repository
    commit: Commit | None = None
    api: ApiUrl | Literal["stored"] = GITHUB_API


def context_of(origin: str) -> str:
    """The name of the statuses that a log posts."""
    return f"writ/{origin}"


def describe(size: int, root: bytes) -> str:
    """What a status says: size in leaves and root in hex, within GitHub's limit whatever the size."""
    return f"size {size} root {root.hex()}"
