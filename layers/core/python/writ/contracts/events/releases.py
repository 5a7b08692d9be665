"""Releases of packages: what somebody asked for, how far they are, what was built, and how they ended."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from writ.contracts.event import EventData, event
from writ.contracts.events.fields import Commit, Count, Repository, Sha256, Url

RELEASE_ID: Final = r"rel-[0-9]{8}t[0-9]{6}-[0-9a-f]{8}"
ReleaseId = Annotated[str, Field(pattern=f"^{RELEASE_ID}$", examples=["rel-20260302t100000-0a1b2c3d"])]
PackageName = Annotated[
    str, Field(pattern=r"^[@A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=128, examples=["core"])
]
GitRefName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/+-]*$", max_length=256)]
Tag = Annotated[str, Field(min_length=1, max_length=256, examples=["v1.4.0"])]
VersionText = Annotated[str, Field(min_length=1, max_length=256, examples=["1.4.0"])]
Because = Annotated[str, Field(min_length=1, max_length=500, examples=["the wrong branch"])]
Person = Annotated[str, Field(max_length=128, examples=["operator"])]
Code = Annotated[str, Field(min_length=1, max_length=64, examples=["release.gates"])]
# One part of a path, and of an address, on every system.
FileName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=128, examples=["shop-1.4.0.tar.gz"])
]


class ReleaseFile(BaseModel):
    """A file of a release, by its name, the SHA-256 of its bytes and their number: 64 MiB at most."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    name: FileName
    sha256: Sha256
    size: Annotated[int, Field(ge=1, le=64 * 1024 * 1024, examples=[4711])]


@event("releases")
class ReleaseRequested(EventData):
    """Somebody wants what is at `ref` released, the newest of the default branch where none is named.

    `line` is a pre-release line, `at_least` a bump that is made though the commits call for less. `pushed`:
    nobody asked, but the repository's settings do.
    """

    release: ReleaseId
    repository: Repository
    package: PackageName | None = None
    ref: Annotated[GitRefName | None, Field(examples=["heads/main"])] = None
    line: Literal["alpha", "beta", "rc"] | None = None
    at_least: Literal["patch", "minor", "major"] | None = None
    pushed: bool = False
    by: Person = ""
    by_id: Person = ""


@event("releases")
class ReleaseAdvanced(EventData):
    """A release is to take a step, if it has come to it; `attempt` is the run of its flow that asks."""

    release: ReleaseId
    attempt: Annotated[int, Field(ge=1, examples=[1])]
    stage: Literal["plan", "gates", "approval", "tag", "draft", "build", "bom", "sign", "publish", "announce"]


@event("releases")
class ReleaseStepFailed(EventData):
    """A step of a release did not come to its end."""

    release: ReleaseId
    attempt: Annotated[int, Field(ge=1, examples=[1])]
    code: Code
    message: Because


@event("releases")
class ReleaseBuildReported(EventData):
    """A build says what it made, or that it failed. `run` is its number at the forge, where it has one."""

    release: ReleaseId
    status: Literal["succeeded", "failed"]
    files: Annotated[tuple[ReleaseFile, ...], Field(max_length=20)] = ()
    run: Annotated[int | None, Field(ge=1, le=2**53 - 1, examples=[4711])] = None
    message: Annotated[str, Field(max_length=500, examples=["the tests fail"])] = ""
    by: Person = ""


class ReleaseControl(EventData):
    release: ReleaseId
    reason: Because
    by: Person = ""


@event("releases")
class ReleaseAbortRequested(ReleaseControl):
    """Somebody wants a release ended where it is; a tag stays."""


@event("releases")
class ReleaseResumeRequested(ReleaseControl):
    """Somebody wants a release that failed taken up where it stopped."""


@event("releases")
class ReleaseEnded(EventData):
    """A release goes no further. `code` says why where it failed."""

    release: ReleaseId
    repository: Repository
    package: PackageName | None = None
    sha: Commit
    final: Literal["published", "nothing", "failed", "aborted"]
    code: Code | None = None
    pushed: bool = False


@event("releases")
class PackageReleased(EventData):
    """A version can be had: at the forge, and in the bucket of artifacts.

    `provenance` is the ledger's entry that says what the files were made from.
    """

    release: ReleaseId
    repository: Repository
    package: PackageName | None = None
    version: VersionText
    tag: Tag
    sha: Commit
    url: Url
    files: Annotated[tuple[ReleaseFile, ...], Field(max_length=25)]
    provenance: Annotated[str, Field(max_length=128, examples=["rel-20260302t100000-0a1b2c3d.provenance"])]
    pulls: Count = 0
