"""Packs as callers see them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final

from functions.packs.job import KEPT, Job
from functions.packs.plan import part_of, seal_of
from functions.packs.vault import Vault
from writ.contracts.action import Action, Status
from writ.contracts.statement import Phase, entry_id, rfc3339
from writ.ports.actions import ActionRecord
from writ.ports.flows import Run, RunState
from writ.runtime.rest import Response

LINK: Final = timedelta(minutes=15)


def current_action(job: Job) -> str:
    """The id of the action that takes a job further, or took it to its end."""
    return _next(job).id


def pack(job: Job, action: ActionRecord | None, run: Run | None, now: datetime) -> dict[str, Any]:
    """A pack's state: `running`, `waiting` for a person, `failed` with its problem, `ready`, or `expired`.

    `action` is the one that takes it further, `run` the flow that asks for it, while there is no file.
    """
    sealed, expires = job.sealed, job.expires_at()
    return {
        "id": job.pack,
        "state": _state(job, action, run, now),
        "question": job.question,
        "by": job.by,
        "asked_at": rfc3339(job.asked_at),
        "size": int(job.note.split("\n")[1]),
        "parts": len(job.parts),
        "statements": job.statements,
        "sha256": None if sealed is None else sealed.sha256,
        "bytes": None if sealed is None else sealed.bytes,
        "expires_at": None if expires is None else rfc3339(expires),
        "evidence": entry_id(seal_of(job.pack).id, Phase.OUTCOME) if sealed is not None else None,
        "problem": _problem(action, run) if sealed is None else None,
    }


def answer(shown: dict[str, Any], job: Job, vault: Vault) -> Response:
    """The answer about a pack, with a link to one that is there.

    A link is a secret by its shape, which every other answer masks, and the very thing asked for here: so
    this body is text by the time it leaves.
    """
    link = None
    if shown["state"] == "ready":
        from functions.packs.export import pack_path

        link = vault.link(pack_path(job.pack), f"{job.pack}.zip", LINK)
    body = {**shown, "link": link, "link_seconds": None if link is None else int(LINK.total_seconds())}
    return Response(json.dumps(body, separators=(",", ":")))


def _next(job: Job) -> Action:
    done = job.following is None
    return seal_of(job.pack) if done else part_of(job.pack, len(job.parts) + 1)


def _state(job: Job, action: ActionRecord | None, run: Run | None, now: datetime) -> str:
    expires = job.expires_at()
    if expires is not None:
        return "ready" if now < expires else "expired"
    if now >= job.asked_at + KEPT:  # and its parts with it
        return "expired"
    if action is not None and action.phase == "waiting":
        return "waiting"
    return "failed" if _problem(action, run) is not None else "running"


def _problem(action: ActionRecord | None, run: Run | None) -> dict[str, Any] | None:
    """Why a pack goes no further: its action failed, or the flow that would ask for it is over."""
    outcome = None if action is None else action.outcome
    if outcome is not None and outcome.status is not Status.SUCCEEDED:
        return {"status": outcome.status, "code": outcome.code, "message": outcome.message}
    if run is None or run.state in (RunState.RUNNING, RunState.SUCCEEDED):
        return None
    ours = run.code is not None and run.code[:1].islower()  # else it is Lambda's, with what went on inside
    code = run.code if ours and run.code != "flow.broken" else f"flow.{run.state}"
    message = run.message if ours and run.code != "flow.broken" else "the flow that makes it came to no end"
    return {"status": Status.FAILED, "code": code, "message": message}
