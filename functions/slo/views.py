"""Objectives as callers see them. Percent are rounded down to two decimals, rates to two decimals."""

from __future__ import annotations

from typing import Any

from functions.slo.facts import Judged, Watched, WatchedService
from writ.contracts.manifest import Manifest
from writ.contracts.service import Indicator, Latency, ServiceManifest
from writ.slo.budget import floored, success
from writ.slo.burn import Burn, rate
from writ.slo.counts import PERIOD
from writ.slo.indicator import indicators


def service(manifest: ServiceManifest, watched: WatchedService) -> dict[str, Any]:
    """One service: what is said of its worst indicator, and of each of them."""
    worst = watched.worst
    each = [
        {
            "name": one.name,
            "kind": manifest.indicators[one.name].kind,
            "threshold_ms": _threshold(manifest.indicators[one.name]),
            "measured": one.measured,
            **_judged(one),
        }
        for one in watched.indicators
    ]
    return {
        "name": manifest.name,
        "kind": "service",
        "owner": manifest.owner,
        "runbook": manifest.runbook,
        "indicators": list(manifest.indicators),
        "counted": any(one.measured for one in watched.indicators),
        "worst": worst.name,
        **_judged(worst),
        "budget": watched.budget,
        "burning": watched.burning,
        "objectives": each,
        "recorded": watched.before.model_dump(mode="json"),
    }


def shown(manifest: Manifest, watched: Watched) -> dict[str, Any]:
    """One folder: its objective, what became of it in 30 days, and how fast its budget burns.

    `budget` is what the counts say now; `recorded` is what policy decides by, written every five minutes
    where it has changed. Of a folder that takes no actions only alarms and dashboards know the counts.
    """
    return {
        "name": manifest.name,
        "kind": manifest.kind,
        "owner": manifest.owner,
        "runbook": manifest.runbook,
        "indicators": [str(indicator) for indicator in indicators(manifest)],
        "counted": bool(manifest.actions),
        "p95_ms": manifest.slo.p95_ms,
        **_judged(watched),
        "recorded": watched.before.model_dump(mode="json"),
    }


def _judged(judged: Judged) -> dict[str, Any]:
    count = judged.period.count
    achieved = success(count)
    return {
        "objective": judged.objective,
        "period_days": PERIOD.days,
        "success": None if achieved is None else floored(achieved),
        "events": {"good": count.good, "bad": count.bad},
        "allowed": round(judged.allowed, 2),
        "budget_left": floored(judged.left),
        "budget": judged.budget,
        "burning": judged.burning,
        "burn": [_burn(burn, judged.objective) for burn in judged.burns],
    }


def _threshold(indicator: Indicator) -> int | None:
    return indicator.threshold_ms if isinstance(indicator, Latency) else None


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
