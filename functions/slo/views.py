"""Objectives as callers see them. Percent are rounded down to two decimals, rates to two decimals."""

from __future__ import annotations

from typing import Any

from functions.slo.facts import Watched
from writ.contracts.manifest import Manifest
from writ.slo.budget import floored, success
from writ.slo.burn import Burn, rate
from writ.slo.counts import PERIOD
from writ.slo.indicator import indicators


def shown(manifest: Manifest, watched: Watched) -> dict[str, Any]:
    """One folder: its objective, what became of it in 30 days, and how fast its budget burns.

    `budget` is what the counts say now; `recorded` is what policy decides by, written every five minutes
    where it has changed. Of a folder that takes no actions only alarms and dashboards know the counts.
    """
    count = watched.period.count
    achieved = success(count)
    return {
        "name": manifest.name,
        "kind": manifest.kind,
        "owner": manifest.owner,
        "runbook": manifest.runbook,
        "indicators": [str(indicator) for indicator in indicators(manifest)],
        "counted": bool(manifest.actions),
        "objective": manifest.slo.success,
        "p95_ms": manifest.slo.p95_ms,
        "period_days": PERIOD.days,
        "success": None if achieved is None else floored(achieved),
        "events": {"good": count.good, "bad": count.bad},
        "allowed": round(watched.allowed, 2),
        "budget_left": floored(watched.left),
        "budget": watched.budget,
        "burning": watched.burning,
        "burn": [_burn(burn, watched.objective) for burn in watched.burns],
        "recorded": watched.before.model_dump(mode="json"),
    }


def _burn(burn: Burn, objective: float) -> dict[str, Any]:
    return {
        "severity": burn.rule.severity,
        "factor": burn.rule.factor,
        "long_minutes": round(burn.rule.long.total_seconds() / 60),
        "short_minutes": round(burn.rule.short.total_seconds() / 60),
        "long_rate": _rounded(rate(burn.long, objective)),
        "short_rate": _rounded(rate(burn.short, objective)),
        "failed": burn.long.bad,
        "needed": burn.needed,
        "breached": burn.breached,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
