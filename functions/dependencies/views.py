"""Bumps as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.dependencies.model import Bump, HeldBack, Overview


def brief(repository: str, bump: Bump) -> dict[str, Any]:
    """A bump in a list."""
    return {
        "repository": repository,
        "group": bump.group,
        "state": bump.state,
        "pull_request": bump.number,
        "branch": bump.branch,
        "steps": list(bump.ids),
        "shown": len(bump.shown),
        "security": bump.security,
        "early": bump.early,
        "opened_at": bump.opened_at.isoformat(),
    }


def whole(
    repository: str, bumps: Sequence[Bump], held: Sequence[HeldBack], overview: Overview | None
) -> dict[str, Any]:
    """All that is known of a repository's bumps."""
    lines = overview.model_dump(mode="json", exclude={"repository"}) if overview else {}
    return {
        "repository": repository,
        "bumps": [
            {
                **brief(repository, bump),
                "trials": [trial.model_dump(mode="json") for trial in bump.trials],
            }
            for bump in bumps
        ],
        "held_back": [each.model_dump(mode="json") for each in held],
        "overview": lines,
    }
