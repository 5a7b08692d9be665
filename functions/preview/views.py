"""Previews as callers see them."""

from __future__ import annotations

from typing import Any

from functions.preview.model import Preview


def brief(preview: Preview) -> dict[str, Any]:
    """A preview in a list."""
    failure = preview.failure
    return {
        "id": preview.id,
        "repository": preview.repository,
        "pull_request": preview.pull_request,
        "team": preview.team,
        "template": preview.template,
        "state": preview.state.value,
        "commit": preview.commit,
        "wanted": preview.goal.commit if preview.goal.way == "up" else None,
        "url": preview.url,
        "expires_at": preview.expires_at.isoformat(),
        "problem": failure and failure.reason,
        "resource": failure and failure.resource,
    }


def whole(preview: Preview) -> dict[str, Any]:
    """A preview with its goal, its flow's name and what it costs."""
    return {
        **brief(preview),
        "goal": preview.goal.model_dump(mode="json"),
        "run": preview.run,
        "seed": preview.seeded,
        "cost_usd_micros": preview.cost,
        "opened_at": preview.opened_at.isoformat(),
        "ends_at": preview.ends_at.isoformat(),
        "changed_at": preview.changed_at.isoformat(),
    }
