"""Rollouts as callers see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from writ.rollout.kept import KeptLook
from writ.rollout.state import Rollout, word

PAST: Final = 10
LOOKS: Final = 20


def brief(rollout: Rollout) -> dict[str, Any]:
    """A rollout in a list."""
    return {
        "id": rollout.id,
        "service": rollout.group.service,
        "way": rollout.way,
        "driver": rollout.driver,
        "baseline": rollout.baseline.id,
        "candidate": rollout.candidate.id,
        "state": word(rollout),
        "step": max(rollout.stage, 0) if rollout.final is None else None,
        "steps": len(rollout.plan.steps),
        "weight": rollout.goal.candidate,
        "final": rollout.final and rollout.final.value,
        "healthy": rollout.healthy,
        "reason": rollout.stop or rollout.trail[-1].reason,
        "started_at": rollout.started_at.isoformat(),
        "closed_at": rollout.closed_at and rollout.closed_at.isoformat(),
    }


def whole(rollout: Rollout, looks: Sequence[KeptLook], coming: dict[str, Any] | None) -> dict[str, Any]:
    """A rollout with what it was made of, its transitions, the looks that decided them, and what comes."""
    document = rollout.model_dump(mode="json")
    names = ("group", "plan", "watch", "by", "repository", "pull_request", "trail")
    return {
        **brief(rollout),
        **{name: document[name] for name in names},
        "next": coming,
        "looks": [look.model_dump(mode="json") for look in looks],
    }
