"""A complete policy input, and the engine over the project's own policies."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from writ.policy.bundle import Bundle
from writ.policy.engine import PolicyEngine

POLICIES = Path(__file__).resolve().parents[3] / "policies"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

_COMPLETE: dict[str, Any] = {
    "bot": {"name": "release", "owner": "platform", "paused": False},
    "actor": {"kind": "bot", "id": "release", "roles": []},
    "action": {
        "name": "publish",
        "risk": "low",
        "target": {"kind": "repository", "id": "octo/hello.world"},
        "parameters": {"tag": "v1"},
        "reason": "a release is due",
        "blast_radius": 1,
        "paused": False,
    },
    "limits": {"per_hour": 10, "per_target_per_hour": 2, "blast_radius": 5},
    "usage": {"hour": 3, "target_hour": 0},
    "change": {"window_open": True, "window": "weekdays", "freezes": []},
    "budget": {"bot": "normal", "target": "normal"},
    "exceptions": [],
    "break_glass": [],
    "approval": None,
    "event": {"type": "ReleasePublished.v1", "id": "evt-1"},
}


@cache
def engine() -> PolicyEngine:
    return PolicyEngine(Bundle.load(POLICIES))


def complete(**changes: Any) -> dict[str, Any]:
    """A document that is allowed, changed at paths written with `__` for the dot."""
    document = copy.deepcopy(_COMPLETE)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = document
        for name in parents:
            place = place[name]
        place[last] = value
    return document


def exception(**changes: Any) -> dict[str, Any]:
    return {
        "id": "ex-1",
        "rule": "limit_per_hour",
        "scope": {"bot": "*", "action": "*", "target": "repository:octo/*"},
        "owner": "platform",
        "reason": "migration",
        "expires_at": "2026-11-24T00:00:00Z",
        **changes,
    }


def freeze(**changes: Any) -> dict[str, Any]:
    return {"id": "year-end", "reason": "quiet", "scope": {"bots": [], "actions": []}, **changes}
