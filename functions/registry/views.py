"""Bots as callers see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.registry.pause import Pause
from functions.registry.performance import DAY, MONTH, Tally, report, within
from writ.contracts.manifest import Manifest


def summary(manifest: Manifest, pause: Pause, today: Tally) -> dict[str, Any]:
    """One line of a list; success is of the last 24 hours."""
    live = report(today, manifest.slo.success)
    return {
        "name": manifest.name,
        "summary": manifest.summary,
        "kind": manifest.kind,
        "owner": manifest.owner,
        "paused": pause.paused,
        "objective": manifest.slo.success,
        "success": live["success"],
        "budget_left": live["budget_left"],
    }


def detail(
    manifest: Manifest,
    pause: Pause,
    actions: Mapping[str, Pause],
    hours: Mapping[str, Tally],
    now: datetime,
) -> dict[str, Any]:
    """Everything about one bot: what it may do, when it acts, and how well it does."""
    objective = manifest.slo.success
    return {
        "name": manifest.name,
        "summary": manifest.summary,
        "kind": manifest.kind,
        "owner": manifest.owner,
        "runbook": manifest.runbook,
        **pause.shown(),
        "slo": manifest.slo.model_dump(mode="json"),
        "live": {
            "last_24_hours": report(within(hours, now, DAY), objective),
            "last_30_days": report(within(hours, now, MONTH), objective),
        },
        "actions": [
            {"name": name, **spec.model_dump(mode="json"), **actions[name].shown()}
            for name, spec in sorted(manifest.actions.items())
        ],
        "triggers": [trigger.model_dump(mode="json", exclude_defaults=True) for trigger in manifest.triggers],
        "routes": [route.model_dump(mode="json", exclude_none=True) for route in manifest.routes],
        "emits": manifest.emits,
        "needs": manifest.needs.model_dump(mode="json", exclude_defaults=True),
    }


def switched(name: str, pause: Pause, action: str | None = None) -> dict[str, Any]:
    """The answer to a pause or a resumption."""
    return {"name": name, **({} if action is None else {"action": action}), **pause.shown()}
