"""Rollouts for the judge's tests, in few words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from writ.judge.course import State, observe
from writ.judge.criteria import Count, Criteria, Distribution
from writ.judge.verdict import Judgement, MetricVerdict, judge
from writ.judge.window import Events, Window

LATENCY = Distribution(name="latency", unit="ms")
ERRORS = Count(name="errors", acceptable=0.01)
BOTH = Criteria(metrics=(LATENCY, ERRORS))


def only(metric: Distribution | Count, **risks: float) -> Criteria:
    return Criteria(metrics=(metric,), **risks)


def values(baseline: Sequence[float | None], canary: Sequence[float | None], name: str = "latency") -> Window:
    return Window(baseline={name: tuple(baseline)}, canary={name: tuple(canary)})


def events(baseline: tuple[int, float], canary: tuple[int, float], name: str = "errors") -> Window:
    both = (Events(events=count, exposure=exposure) for count, exposure in (baseline, canary))
    return Window(
        **{version: {name: found} for version, found in zip(("baseline", "canary"), both, strict=True)}
    )


def seen(criteria: Criteria, *windows: Window) -> State:
    state = State.none(criteria)
    for window in windows:
        state = observe(criteria, state, window)
    return state


def judged(criteria: Criteria, *windows: Window) -> Judgement:
    return judge(criteria, seen(criteria, *windows))


def one(criteria: Criteria, *windows: Window) -> MetricVerdict:
    """The verdict on the only metric, which is the whole one."""
    judgement = judged(criteria, *windows)
    (metric,) = judgement.metrics
    assert metric.verdict is judgement.verdict
    return metric


def latencies(count: int, seed: int = 1, times: float = 1.0, **tail: Any) -> list[float]:
    """Log-normal values around 100, of which a part is ten times as slow."""
    dice = random.Random(seed)
    part = tail.get("tail", 0.0)
    return [dice.lognormvariate(4.6, 0.5) * times * (10 if dice.random() < part else 1) for _ in range(count)]
