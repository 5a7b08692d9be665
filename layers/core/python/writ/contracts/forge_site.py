"""Where code is reviewed, and by what name the plane is known there.

A GitHub App signs in by a key of its own and gets a token for an hour, for one repository, with no more
rights than it asks for: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

GITHUB_API: Final = "https://api.github.com"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def _secure(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("begins with https://")
    if not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("a plain URL: no query, fragment or user")
    return url.rstrip("/")


ApiUrl = Annotated[str, Field(max_length=256), AfterValidator(_secure)]


class ForgeSite(BaseModel):
    """The REST API of a forge: GitHub's, or that of another server for GitHub Enterprise.

    With `api` "stored" the address lies beside the credentials in the secret `forge`: for a forge that only
    gets its address when it starts, as the local one does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    api: ApiUrl | Literal["stored"] = GITHUB_API
