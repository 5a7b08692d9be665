"""The judge's verdict on a canary: pass, fail or unknown, with a reason for every metric. Pure.

A metric fails where the evidence that it is worse than allowed reaches 1/(its share of the weight · the
false alarms); the canary fails where the metrics' evidence together, weighted, reaches 1/the false alarms, at
any look. It passes where every required metric has shown that it is not harmful. All else is unknown, and so
is what has no data: silence is never a pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from writ.judge.course import Course, State, harm, safety, total
from writ.judge.criteria import Count, Criteria, Distribution
from writ.judge.effect import Effect, effect_of
from writ.judge.reasons import clumped, missing, words


class Verdict(StrEnum):
    """`unknown` is not settled, or has no data; it never counts as a pass."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MetricVerdict:
    """A metric's verdict: evidence of harm and of safety (as ln), what each needs, and why in words."""

    name: str
    verdict: Verdict
    share: float
    required: bool
    effect: Effect
    harm: float
    harm_needed: float
    safety: float
    safety_needed: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict after a number of looks. `score` is the part of all weight whose metrics pass."""

    verdict: Verdict
    looks: int
    score: float
    evidence: float
    needed: float
    failed_at: int | None
    metrics: tuple[MetricVerdict, ...]
    reasons: tuple[str, ...]


def judge(criteria: Criteria, state: State) -> Judgement:
    """What the looks until now amount to. The state is one of these criteria."""
    metrics = tuple(
        _metric(criteria, metric, course)
        for metric, course in zip(criteria.metrics, state.courses, strict=True)
    )
    failed = state.failed is not None
    blocking = [metric.name for metric in metrics if metric.required and metric.verdict is not Verdict.PASS]
    passes = not failed and not blocking and any(metric.verdict is Verdict.PASS for metric in metrics)
    verdict = Verdict.FAIL if failed else Verdict.PASS if passes else Verdict.UNKNOWN
    return Judgement(
        verdict=verdict,
        looks=state.looks,
        score=math.fsum(metric.share for metric in metrics if metric.verdict is Verdict.PASS),
        evidence=total(criteria, state.courses),
        needed=-math.log(criteria.false_alarms),
        failed_at=state.failed,
        metrics=metrics,
        reasons=_reasons(verdict, state, metrics, blocking),
    )


def _metric(criteria: Criteria, metric: Distribution | Count, course: Course) -> MetricVerdict:
    share = criteria.share(metric)
    harm_needed = -math.log(criteria.false_alarms * share)
    safety_needed = -math.log(criteria.false_passes)
    safe = safety(metric, course)
    lacks = missing(course)
    if course.peak >= harm_needed:
        verdict = Verdict.FAIL
    elif lacks or safe < safety_needed:
        verdict = Verdict.UNKNOWN
    else:
        verdict = Verdict.PASS
    effect = effect_of(metric, course)
    return MetricVerdict(
        name=metric.name,
        verdict=verdict,
        share=share,
        required=metric.required,
        effect=effect,
        harm=harm(metric, course),
        harm_needed=harm_needed,
        safety=safe,
        safety_needed=safety_needed,
        reasons=(*words(metric, course, effect, verdict.value), *lacks, *clumped(metric, course)),
    )


def _reasons(
    verdict: Verdict, state: State, metrics: tuple[MetricVerdict, ...], blocking: list[str]
) -> tuple[str, ...]:
    worse = [metric.name for metric in metrics if metric.verdict is Verdict.FAIL]
    if verdict is Verdict.FAIL:
        who = ", ".join(worse) or "all metrics together"
        return (f"worse than allowed: {who}; the evidence was enough at look {state.failed}",)
    if verdict is Verdict.PASS:
        return ("no required metric is harmful",)
    if not state.looks:
        return ("nothing was seen yet",)
    return (f"not settled: {', '.join(blocking)}",)
