"""What the routes of releases take and answer, for the description of the API."""

from __future__ import annotations

from typing import Final

from pydantic import AwareDatetime

from functions.release.commands import NewRelease, Report, Why
from writ.contracts.events.releases import ReleaseFile
from writ.openapi.operation import Operation, Operations, Page, ShortPaging, Shown
from writ.release.build import BuildSettings
from writ.release.record import Build, Passed, Problem, Stage


class ReleaseSummary(Shown):
    """A release in a list; `state` is the stage that it is in, or how it ended."""

    id: str
    repository: str
    package: str | None
    version: str | None
    tag: str | None
    sha: str
    state: str
    by: str
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    url: str | None


class ReleaseStep(Shown):
    """A step, and whether it is past."""

    step: Stage
    done: bool


class ReleaseDetail(ReleaseSummary):
    """A release with its steps, what it waits for, and what each step came to."""

    steps: list[ReleaseStep]
    waiting_s: int | None
    waits_for: str | None
    attempt: int
    previous: str | None
    bump: str | None
    why: str | None
    notes: str | None
    gate: Passed | None
    build: BuildSettings | None
    built: Build | None
    bom: ReleaseFile | None
    provenance: str | None
    problem: Problem | None


class Upload(Shown):
    """Where a file goes: a request PUT to `url` with `headers`, which it must be sent with."""

    name: str
    url: str
    headers: dict[str, str]


class Uploads(Shown):
    """Where the files of a build go that are not there yet, for so many seconds."""

    id: str
    uploads: list[Upload]
    link_seconds: int


class ReleaseFileLink(Shown):
    """A file of a release, and where it is handed out."""

    name: str
    url: str


class ReleaseFiles(Shown):
    """The files of a release, each at a link that lives for so many seconds."""

    id: str
    items: list[ReleaseFileLink]
    link_seconds: int


class ReleaseRef(Shown):
    """A release that is begun."""

    id: str


_ERRORS: Final = ("conflict.*", "forge.*", "not_found", "release.*")

OPERATIONS: Final[Operations] = {
    "GET /v1/releases": Operation(Page[ReleaseSummary], query=ShortPaging),
    "POST /v1/releases": Operation(
        ReleaseSummary | ReleaseRef,
        status=(202,),
        body=NewRelease,
        acts=True,
        located=(202,),
        errors=_ERRORS,
    ),
    "GET /v1/releases/{id}": Operation(ReleaseDetail, errors=("not_found",)),
    "GET /v1/releases/{id}/files": Operation(ReleaseFiles, errors=("conflict.unpublished", "not_found")),
    "POST /v1/releases/{id}/build": Operation(Uploads, body=Report, acts=True, errors=_ERRORS),
    "POST /v1/releases/{id}/abort": Operation(
        ReleaseSummary | ReleaseRef, status=(202,), body=Why, acts=True, located=(202,), errors=_ERRORS
    ),
    "POST /v1/releases/{id}/resume": Operation(
        ReleaseSummary | ReleaseRef, status=(202,), body=Why, acts=True, located=(202,), errors=_ERRORS
    ),
}
