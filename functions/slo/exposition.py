"""Numbers for who scrapes: Prometheus' text format 0.0.4, and OpenMetrics 1.0 for who asks for that. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/
https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from functions.slo.facts import Judged, Watched, WatchedService
from writ.slo.burn import rate

if TYPE_CHECKING:
    from functions.slo.ports import PlaneNow

PLAIN: Final = "text/plain; version=0.0.4; charset=utf-8"
OPEN: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_ASKED: Final = re.compile(r"application/openmetrics-text\s*(?:;[^,]*)?(?:,|$)")
_REFUSED: Final = re.compile(r";\s*q=0(?:\.0*)?\s*(?:;|,|$)")

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """One gauge: what was counted in a window may also fall, so that nothing here is a counter."""

    name: str
    help: str
    samples: Sequence[tuple[Labels, float]]


def families(watched: Sequence[Watched], plane: PlaneNow, now: datetime) -> list[Family]:
    """What is known of every bot that acts; its labels are names from manifests, and nothing else."""
    return [
        Family(
            "writ_actions",
            "Actions of the last 30 days, by what came of them.",
            [
                ({"bot": one.bot, "status": status}, count)
                for one in watched
                for status, count in (("succeeded", one.period.good), ("failed", one.period.bad))
            ],
        ),
        Family(
            "writ_objective_ratio",
            "Share of actions that has to succeed.",
            [({"bot": one.bot}, one.objective / 100) for one in watched],
        ),
        Family(
            "writ_error_budget_left_ratio",
            "Share of the error budget of 30 days that is left; below 0 when it is overspent.",
            [({"bot": one.bot}, one.left / 100) for one in watched],
        ),
        Family(
            "writ_burn_rate",
            "How many times faster than allowed the error budget is spent; absent where nothing was counted.",
            list(_burning(watched)),
        ),
        Family("writ_approvals_waiting", "Actions that wait for a person.", [({}, plane.waiting)]),
        Family("writ_ledger_entries", "Entries in the log.", [({}, plane.entries)]),
        Family(
            "writ_ledger_checkpoint_age_seconds",
            "Since the log's newest checkpoint was published; absent before the first.",
            [] if plane.published_at is None else [({}, (now - plane.published_at).total_seconds())],
        ),
    ]


def of_services(services: Sequence[WatchedService]) -> list[Family]:
    """What is measured of every service, by its indicators; families without samples where there are none."""
    each = [
        ({"service": service.service, "indicator": one.name}, one)
        for service in services
        for one in service.indicators
        if one.measured
    ]
    return [
        Family(
            "writ_service_events",
            "Events of the last 30 days of a service's indicator, good and bad.",
            [
                ({**labels, "outcome": outcome}, count)
                for labels, one in each
                for outcome, count in (("good", one.period.good), ("bad", one.period.bad))
            ],
        ),
        Family(
            "writ_service_objective_ratio",
            "Share of events that has to be good.",
            [(labels, one.objective / 100) for labels, one in each],
        ),
        Family(
            "writ_service_error_budget_left_ratio",
            "Share of the error budget of 30 days that is left; 0 when it is overspent.",
            [(labels, one.left / 100) for labels, one in each],
        ),
        Family(
            "writ_service_burn_rate",
            "How many times faster than allowed the error budget is spent; absent where nothing was counted.",
            [sample for labels, one in each for sample in _rates(labels, one)],
        ),
    ]


def exposed(found: Sequence[Family], accept: str) -> tuple[str, str]:
    """The text and its content type, in the form that the header `Accept` asks for."""
    asked = _ASKED.search(accept.lower())
    openly = asked is not None and not _REFUSED.search(asked[0])
    lines = [line for family in found for line in _lines(family)]
    return "\n".join([*lines, *(["# EOF"] if openly else []), ""]), OPEN if openly else PLAIN


def _burning(watched: Sequence[Watched]) -> Iterator[tuple[Labels, float]]:
    for one in watched:
        yield from _rates({"bot": one.bot}, one)


def _rates(labels: Labels, judged: Judged) -> Iterator[tuple[Labels, float]]:
    for burn in judged.burns:
        minutes = round(burn.rule.long.total_seconds() / 60)
        if (value := rate(burn.long, judged.objective)) is not None:
            yield {**labels, "window": f"{minutes}m"}, value


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} gauge"
    for labels, value in family.samples:
        told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{family.name}{{{told}}} {value:.12g}" if told else f"{family.name} {value:.12g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
