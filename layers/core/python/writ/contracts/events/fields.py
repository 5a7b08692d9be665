"""What the events of the GitHub domain are made of: bounded fields and what every delivery has."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from writ.contracts.event import EventData

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["e3" * 32])]
Delivery = Annotated[
    str, Field(pattern=r"^[0-9A-Za-z-]{8,64}$", examples=["72d3162e-cc78-11e3-81ab-4c9367dc0958"])
]
Login = Annotated[str, Field(min_length=1, max_length=128, examples=["octocat"])]
Repository = Annotated[str, Field(pattern=r"^[^/\s]+/[^/\s]+$", max_length=256, examples=["acme/shop"])]
Identifier = Annotated[int, Field(ge=0, le=2**53 - 1, examples=[4711])]
Number = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[7])]
Count = Annotated[int, Field(ge=0, le=2**31 - 1, examples=[2])]
Commit = Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$", examples=["0d" * 20])]
Word = Annotated[str, Field(min_length=1, max_length=128, examples=["completed"])]
Name = Annotated[str, Field(min_length=1, max_length=256, examples=["build"])]
Ref = Annotated[str, Field(min_length=1, max_length=512, examples=["main"])]
Title = Annotated[str, Field(max_length=300, examples=["Publish the package by hand"])]
Url = Annotated[str, Field(max_length=2048, examples=["https://github.com/acme/shop"])]
Labels = Annotated[tuple[Name, ...], Field(max_length=100, examples=[["toil"]])]


class StoredPayload(BaseModel):
    """Where the delivery's raw body lies (object key in bucket `raw`) and the SHA-256 of its bytes."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    key: Annotated[str, Field(min_length=1, max_length=512, examples=["github/2030/01/31/4f5e.json"])]
    sha256: Sha256


class GitHubData(EventData):
    """What every delivery has; `repository` and `sender` are null where GitHub sends none."""

    delivery: Delivery
    action: Word | None = None
    repository: Repository | None = None
    organization: Login | None = None
    sender: Login | None = None
    payload: StoredPayload


class RepositoryData(GitHubData):
    """What every delivery about one repository has."""

    repository: Repository
