"""What people and builds say of releases: each is an action in their name."""

from __future__ import annotations

import json
import re
import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.release import views
from functions.release.facts import staged
from functions.release.handler import bot
from functions.release.ports import Ports
from writ.contracts.errors import NOT_BLANK, NotFoundError, TransientError, WritError
from writ.contracts.event import EventData
from writ.contracts.events.fields import Sha256
from writ.contracts.events.releases import (
    RELEASE_ID,
    FileName,
    PackageName,
    ReleaseAbortRequested,
    ReleaseBuildReported,
    ReleaseControl,
    ReleaseRequested,
    ReleaseResumeRequested,
)
from writ.contracts.redaction import redact_text
from writ.release.record import Planned, Record
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response


class NewRelease(BaseModel):
    """Which package of which repository, at which commit, branch or tag."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,39}/[A-Za-z0-9_.-]{1,100}$")]
    package: PackageName | None = None
    ref: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/+-]*$", max_length=256)] | None = None
    line: Literal["alpha", "beta", "rc"] | None = None
    at_least: Literal["patch", "minor", "major"] | None = None


class BuiltFile(BaseModel):
    """A file that was built."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    name: FileName
    sha256: Sha256
    size: Annotated[int, Field(ge=1, le=64 * 1024 * 1024)]


class Report(BaseModel):
    """What a build made, or that it failed and why."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    status: Literal["succeeded", "failed"] = "succeeded"
    files: Annotated[list[BuiltFile], Field(max_length=20)] = []
    run: Annotated[int, Field(ge=1, le=2**53 - 1)] | None = None
    message: Annotated[str, Field(max_length=500)] = ""


class Why(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=NOT_BLANK)]


def start(request: Request) -> Response:
    """Begin one, and answer where to see how far it is."""
    asked, caller = request.parse(NewRelease), request.caller
    now = bot.wiring.clock.now()
    id = f"rel-{now:%Y%m%dt%H%M%S}-{uuid.uuid4().hex[:8]}"
    who = {"by": caller.shown, "by_id": caller.id[:128]}
    command = ReleaseRequested.model_validate({**asked.model_dump(), "release": id, **who})
    return _answered(request, command, id, "package")


def report(request: Request, record: Record, ports: Ports) -> Response:
    """Note what was built, and answer where its files go: those that are there are left out."""
    asked, id, run = request.parse(Report), record.id, request.caller.run
    if run is not None:
        if asked.run != run.id:
            raise WritError("a run reports for itself alone", code="forbidden", field="run")
        if record.planned is not None and not _is_built_by_a_run(record.planned):
            raise WritError("no run was started for this release", code="forbidden", field="run")
    given = {**asked.model_dump(), "message": redact_text(asked.message)[:500]}
    command = ReleaseBuildReported.model_validate({**given, "release": id, "by": request.caller.shown})
    action = carry_out(bot, request, command, field="files")
    uploads = []
    for file in command.files if command.status == "succeeded" else ():
        path = staged(id, file.name, file.sha256)
        if not ports.vault.has(path, file):
            made = ports.vault.upload(path, file, views.LINK)
            uploads.append({"name": file.name, "url": made.url, "headers": dict(made.headers)})
    body = {"id": id, "uploads": uploads, "link_seconds": int(views.LINK.total_seconds())}
    # A link is a secret by its shape, which every other answer masks, and the very thing asked for here: so
    # this body is text by the time it leaves.
    return answer(action, json.dumps(body, separators=(",", ":")), status=200)


def _is_built_by_a_run(planned: Planned) -> bool:
    return planned.build is not None and planned.build.workflow is not None


def abort(request: Request) -> Response:
    """End it where it is."""
    return _told(request, ReleaseAbortRequested)


def resume(request: Request) -> Response:
    """Take it up again."""
    return _told(request, ReleaseResumeRequested)


def _told(request: Request, kind: type[ReleaseControl]) -> Response:
    asked, id = request.parse(Why), _id(request)
    reason = redact_text(asked.reason)[:500]
    return _answered(request, kind(release=id, reason=reason, by=request.caller.shown), id, "id")


def _id(request: Request) -> str:
    id = request.path["id"]
    if not re.fullmatch(RELEASE_ID, id):
        raise NotFoundError("there is no such release", field="id")
    return id


def _answered(request: Request, command: EventData, id: str, field: str) -> Response:
    record = carry_out(bot, request, command, field=field)
    found = bot.wiring.ports.releases.read(id)
    if record.outcome is not None and found is None:
        raise TransientError("the release was begun but cannot be read")
    done: dict[str, Any] = {"id": id} if found is None else views.brief(found)
    return answer(record, done, status=202, location=f"/v1/releases/{id}")
