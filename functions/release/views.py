"""Releases as callers see them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from writ.contracts.errors import ConflictError
from writ.release.names import names_of, place_of
from writ.release.record import ORDER, Record, Stage
from writ.runtime.rest import Response

if TYPE_CHECKING:
    from functions.release.store import Vault

LINK: Final = timedelta(minutes=15)


def brief(record: Record) -> dict[str, Any]:
    """One line of a list."""
    planned = record.planned
    return {
        "id": record.id,
        "repository": record.repository,
        "package": record.package,
        "version": planned and planned.version,
        "tag": planned and planned.tag,
        "sha": record.sha,
        "state": record.final.value if record.final is not None else record.stage.value,
        "by": record.by or ("push" if record.pushed else ""),
        "started_at": record.started_at.isoformat(),
        "ended_at": record.ended_at and record.ended_at.isoformat(),
        "url": record.url,
    }


def whole(record: Record, now: datetime) -> dict[str, Any]:
    """Everything that is known of one."""
    planned, build = record.planned, record.build
    return {
        **brief(record),
        "steps": [{"step": stage.value, "done": record.past(stage)} for stage in ORDER],
        "waiting_s": None if record.final else int((now - record.stage_at).total_seconds()),
        "waits_for": None if record.final else _waits_for(record),
        "attempt": record.run,
        "previous": planned and planned.previous,
        "bump": planned and planned.bump,
        "why": planned and planned.why,
        "notes": planned and planned.notes,
        "gate": record.gate and record.gate.model_dump(mode="json"),
        "build": None if planned is None or planned.build is None else planned.build.model_dump(mode="json"),
        "built": None if build is None else build.model_dump(mode="json"),
        "bom": record.bom and record.bom.model_dump(mode="json"),
        "provenance": record.provenance,
        "problem": record.problem and record.problem.model_dump(mode="json"),
    }


def files(record: Record, vault: Vault) -> Response:
    """Where each file is handed out. Raises ConflictError `conflict.unpublished` before it is.

    A link is a secret by its shape, which every other answer masks, and the very thing asked for here: so
    this body is text by the time it leaves.
    """
    if record.url is None:
        raise ConflictError(f"{record.id} is not published", code="conflict.unpublished", field="id")
    items = [
        {"name": name, "url": vault.link(place_of(record, name), name, LINK)} for name in names_of(record)
    ]
    body = {"id": record.id, "items": items, "link_seconds": int(LINK.total_seconds())}
    return Response(json.dumps(body, separators=(",", ":")))


def _waits_for(record: Record) -> str | None:
    match record.stage:
        case Stage.GATES:
            return "a result of the gates for the commit: writ gate run --api"
        case Stage.APPROVAL:
            return "a person, where policy asks for one: writ actions list --state waiting"
        case Stage.BUILD:
            return _build_waited_for(record)
        case _:
            return None


def _build_waited_for(record: Record) -> str:
    if record.build is None:
        return f"a build: writ release build {record.id}"
    if record.build.status == "failed":
        return "nothing: its build failed, and the release ends by that"
    return "the files that the build reported"
