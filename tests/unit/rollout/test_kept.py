"""Judgements that are kept with the rollouts they decided: what of them, how much, and with which moves."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from tests.support.memory import START
from tests.support.rollouts import FUNCTIONS, PLAN, WATCH, MemoryMetrics, judged, rollout
from tests.unit.judge.cases import BOTH, events, latencies, seen, values
from writ.judge.criteria import Count, Criteria, Distribution
from writ.judge.effect import Effect
from writ.judge.picture import Panel, panels
from writ.judge.verdict import Judgement, MetricVerdict, judge
from writ.judge.verdict import Verdict as Found
from writ.judge.window import Window
from writ.rollout.decide import Gate, Health, Look, next_move
from writ.rollout.keeping import keep, restored
from writ.rollout.kept import MOST_BYTES, Judged, Verdict
from writ.rollout.plan import Hook, Step
from writ.rollout.state import CANDIDATE, Goal, Kind
from writ.rollout.watch import look


def merged(*windows: Window) -> Window:
    sides: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for window in windows:
        sides[0].update(window.baseline)
        sides[1].update(window.canary)
    return Window(baseline=sides[0], canary=sides[1])


def of(criteria: Criteria, *windows: Window) -> tuple[Judgement, tuple[Panel, ...]]:
    state = seen(criteria, *windows)
    judgement = judge(criteria, state)
    return judgement, panels(criteria, state, judgement, windows)


SLOW_TAIL = [
    merged(values(latencies(200, seed), latencies(200, seed + 50, tail=0.1)), events((1, 500), (9, 500)))
    for seed in range(4)
]


def test_a_judgement_is_kept_so_that_it_is_drawn_again() -> None:
    judgement, drawn = of(BOTH, *SLOW_TAIL)
    kept = keep(judgement, drawn)
    again, figures = restored(Judged.model_validate_json(kept.model_dump_json(exclude_defaults=True)))
    assert (again.verdict, again.looks, again.reasons) == (
        judgement.verdict,
        judgement.looks,
        judgement.reasons,
    )
    latency, errors = figures
    assert latency.bins is not None
    assert drawn[0].bins is not None
    assert latency.bins.edges == pytest.approx(drawn[0].bins.edges, rel=1e-3)
    assert latency.bins.canary == pytest.approx(drawn[0].bins.canary, abs=1e-3)
    assert errors.rates == drawn[1].rates
    for one, other in zip(figures, drawn, strict=True):
        assert one.verdict.verdict is other.verdict.verdict
        assert one.verdict.effect.low == pytest.approx(other.verdict.effect.low, rel=1e-3)
        assert one.verdict.effect.high == pytest.approx(other.verdict.effect.high, rel=1e-3)


def test_a_thin_tail_is_not_rounded_away() -> None:
    criteria = Criteria(metrics=(Distribution(name="latency"),))
    kept = keep(*of(criteria, values([100.0] * 4000, [100.0] * 3985 + [900.0] * 15)))
    spread = kept.metrics[0].spread
    assert spread is not None
    assert sum(spread.canary[1:]) >= 1


def test_no_reading_is_kept_as_it_was() -> None:
    reading = 123.456789
    criteria = Criteria(metrics=(Distribution(name="latency"),))
    kept = keep(*of(criteria, values([reading, *latencies(50)], [reading, *latencies(50, 2)])))
    assert str(reading) not in kept.model_dump_json()


def test_what_is_open_stays_open() -> None:
    effect = Effect(math.inf, 0.0, math.inf)
    verdict = MetricVerdict("errors", Found.UNKNOWN, 1.0, True, effect, 0.0, 3.0, -math.inf, 3.0, ())
    judgement = Judgement(Found.UNKNOWN, 1, 0.0, 0.0, 3.0, None, (verdict,), ())
    again, figures = restored(keep(judgement, (Panel(verdict, "", 1.0, 2.0),)))
    assert figures[0].verdict.effect == effect
    assert again.metrics[0].verdict is Found.UNKNOWN


@pytest.mark.parametrize("count", [1, 5, 50])
def test_it_is_of_one_size_however_much_was_measured(count: int) -> None:
    names = [f"{number:0>128}" for number in range(count)]
    criteria = Criteria(metrics=tuple(Distribution(name=name, unit="ü" * 16) for name in names))
    readings = {name: tuple(latencies(400)) for name in names}
    kept = keep(*of(criteria, Window(baseline=readings, canary=readings)))
    assert len(kept.model_dump_json().encode()) <= MOST_BYTES
    assert len(kept.metrics) + kept.omitted == count
    assert kept.metrics
    if count == 50:
        assert kept.omitted
        assert "more metrics are not kept" in restored(kept)[0].reasons[-1]


def test_what_failed_is_kept_before_what_passed() -> None:
    names = [f"{number:0>100}" for number in range(20)]
    criteria = Criteria(metrics=tuple(Count(name=name, acceptable=0.1) for name in [*names, "worse"]))
    windows = [
        merged(events((0, 500), (200, 500), "worse"), *(events((0, 500), (0, 500), name) for name in names))
        for _ in range(3)
    ]
    kept = keep(*of(criteria, *windows), most_bytes=4000)
    assert "worse" in {metric.name for metric in kept.metrics}
    assert kept.omitted


def test_a_look_at_metrics_says_what_its_verdict_rests_on() -> None:
    source = MemoryMetrics()
    minutes = [START + timedelta(minutes=number) for number in range(10)]
    for function in FUNCTIONS:
        for version, errors in (("1", 1.0), ("2", 12.0)):
            source.series["Errors", function, version] = dict.fromkeys(minutes, errors)
            source.series["Invocations", function, version] = dict.fromkeys(minutes, 200.0)
    found = look(rollout(), WATCH, source, START + timedelta(minutes=10, seconds=30)).judged
    assert found is not None
    assert found.verdict is Verdict.FAIL
    panel = restored(found)[1][0]
    assert panel.rates is not None
    assert panel.rates.canary == (360, 6000.0)


WATCHING = {"stage": 0, "goal": Goal(candidate=0.1), "goal_at": START, "applied_at": START}
LATER = START + timedelta(seconds=90)
PASSING = Look(health=Health.OK, verdict=Verdict.PASS, judged=judged(Verdict.PASS))


@pytest.mark.parametrize(
    ("found", "after", "kind"),
    [
        (PASSING, 90, Kind.SHIFT),
        (PASSING.model_copy(update={"verdict": Verdict.FAIL}), 1, Kind.REVERT),
        (PASSING.model_copy(update={"health": Health.BREACHED}), 1, Kind.REVERT),
        (PASSING.model_copy(update={"verdict": Verdict.UNKNOWN}), 1000, Kind.REVERT),
    ],
    ids=["it passes", "it fails", "a hard stop", "it is not known in time"],
)
def test_what_a_look_decides_carries_its_judgement(found: Look, after: int, kind: Kind) -> None:
    move = next_move(rollout(**WATCHING), found, START + timedelta(seconds=after))
    assert (move.kind, move.judged) == (kind, found.judged)


@pytest.mark.parametrize("step", [{"gate": True}, {"after": Hook(function="smoke")}])
def test_what_has_to_agree_as_well_carries_it_too(step: dict[str, object]) -> None:
    plan = PLAN.model_copy(update={"steps": (Step.model_validate({"weight": 0.1, "pause_s": 60, **step}),)})
    assert next_move(rollout(**WATCHING, plan=plan), PASSING, LATER).judged == PASSING.judged


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, PASSING),
        ({**WATCHING, "stop": "ann: it looks wrong"}, PASSING),
        (WATCHING, PASSING.model_copy(update={"gate": Gate.REFUSED})),
        ({**WATCHING, "applied_at": None}, PASSING),
        ({**WATCHING, "stage": 2, "goal": CANDIDATE}, PASSING),
        ({**WATCHING, "goal": Goal(candidate=0.0)}, PASSING),
    ],
    ids=["the first step", "a person", "a refused gate", "what was begun", "the end", "the way back"],
)
def test_what_no_look_decides_carries_none(changes: dict[str, object], found: Look) -> None:
    move = next_move(rollout(**changes), found, LATER)
    assert move.kind is not None
    assert move.judged is None
