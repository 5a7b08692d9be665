"""Releases as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from writ.release.record import ORDER, Record, Stage


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


def _waits_for(record: Record) -> str | None:
    match record.stage:
        case Stage.GATES:
            return "a result of the gates for the commit: writ gate run --api"
        case Stage.APPROVAL:
            return "a person, where policy asks for one: writ actions list --state waiting"
        case Stage.BUILD if record.build is None:
            return f"a build: writ release build {record.id}"
        case Stage.BUILD:
            return "the files that the build reported"
        case _:
            return None
