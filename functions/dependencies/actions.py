"""The actions of the dependencies bot, with what makes each of them one effect. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from functions.dependencies.model import Bump, HeldBack, Member, Overview, Proposal, Seen, hours
from writ.contracts.action import Action, Target
from writ.dependencies.bisect import Result

BOT: Final = "dependencies"


def target_of(repository: str, branch: str | None = None) -> Target:
    """A repository, or the bump on one of its branches."""
    name = repository.lower()
    return (
        Target(kind="repository", id=name) if branch is None else Target(kind="bump", id=f"{name}@{branch}")
    )


def set_digest(steps: Sequence[str]) -> str:
    """Stands for a set of steps, in whatever order."""
    return hashlib.sha256(json.dumps(sorted(steps)).encode()).hexdigest()


def put(
    name: str,
    repository: str,
    proposal: Proposal,
    now: datetime,
    *,
    reason: str,
    once_per: tuple[str, ...],
    parameters: dict[str, Any],
    shown: Sequence[str] | None = None,
) -> Action:
    """Bring a branch and its pull request to a proposal, or to the part of it that is `shown`.

    `parameters` are the same for every action of the repository: its base, its cooldown, its quotas.
    """
    steps = tuple(shown) if shown is not None else proposal.ids
    members = [member for member in proposal.members if member.id in steps]
    cooldown = {
        "age_hours": min(hours(m.published_at, now) for m in members),
        "hours": parameters["cooldown_hours"],
    }
    return Action.of(
        BOT,
        "propose-early-bump" if proposal.early else name,
        target_of(repository, proposal.branch),
        reason=reason,
        once_per=once_per,
        parameters={
            **parameters,
            "repository": repository,
            "proposal": proposal.model_dump(mode="json"),
            "shown": list(steps),
            "cooldown": cooldown,
        },
        blast_radius=len(members),
    )


def withdraw(repository: str, bump: Bump, reason: str, now: datetime) -> Action:
    return Action.of(
        BOT,
        "withdraw-bump",
        target_of(repository, bump.branch),
        reason=reason,
        once_per=(bump.head_sha, day(now)),
        parameters={
            "repository": repository,
            "group": bump.group,
            "number": bump.number,
            "branch": bump.branch,
        },
    )


def settle(repository: str, bump: Bump, seen: Seen, now: datetime) -> Action:
    state, result = seen.state, seen.result
    what = "merged" if state == "merged" else "closed by a person, and this set is not proposed again"
    return Action.of(
        BOT,
        "settle-bump",
        target_of(repository, bump.branch),
        reason=f"its pull request {bump.number} was {what}",
        once_per=(str(bump.number), state, day(now)),
        parameters={
            "repository": repository,
            "group": bump.group,
            "state": state,
            "result": result.value if result else None,
            "digest": set_digest(bump.ids) if state == "closed" else None,
        },
    )


def record(repository: str, bump: Bump, result: Result, now: datetime) -> Action:
    before = bump.results.get(frozenset(bump.shown))
    return Action.of(
        BOT,
        "record-result",
        target_of(repository, bump.branch),
        reason=f"the checks of {len(bump.shown)} of {len(bump.members)} steps {result.value}",
        # Checks that ran again may come to what they did before.
        once_per=(bump.head_sha, before.value if before else "", result.value, day(now)),
        parameters={
            "repository": repository,
            "group": bump.group,
            "head_sha": bump.head_sha,
            "steps": list(bump.shown),
            "result": result.value,
        },
    )


def hold(repository: str, bump: Bump, member: Member, together: Sequence[str], now: datetime) -> Action:
    others = tuple(step for step in together if step != member.id)
    held = HeldBack(key=member.held_key, step=member.id, group=bump.group, together=others, since=now)
    why = "the checks fail with it" + (f" together with {', '.join(others)}" if others else " alone")
    return Action.of(
        BOT,
        "hold-member",
        target_of(repository, bump.branch),
        reason=why[:1000],
        once_per=(member.id, day(now)),
        parameters={"repository": repository, "held": held.model_dump(mode="json")},
    )


def report(overview: Overview, event_id: str) -> Action:
    document = overview.model_dump(mode="json")
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    return Action.of(
        BOT,
        "report-standing",
        target_of(overview.repository),
        reason=f"{len(overview.held)} held, {len(overview.withheld)} withheld",
        once_per=(event_id, digest),
        parameters={"overview": document},
    )


def day(now: datetime) -> str:
    """What failed for good is tried again another day, and not by the hour."""
    return now.date().isoformat()
