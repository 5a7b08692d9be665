"""The judge's promise by simulation: few false alarms in a whole rollout; and the benchmark that shows it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.judge import CHANGES, FAIR, TRAFFICS, JudgeSizes, Part, interval, kinds, play, row
from tests.bench.rivals import high
from tests.bench.rollouts import MEDIAN_MS, Change, Traffic, rollout
from tests.unit.judge.cases import latencies, only
from writ.judge.course import State, observe
from writ.judge.criteria import Count, Criteria, Distribution
from writ.judge.ranks import standardised
from writ.judge.verdict import Verdict, judge
from writ.judge.window import Events, Window

ROOT = Path(__file__).parents[3]
RUNS = int(os.environ.get("WRIT_JUDGE_TEST_RUNS", "400"))
LOOKS = 12
# At the very edge of what is allowed, where false alarms are most frequent.
EDGE = Criteria(
    metrics=(
        Distribution(name="latency", allowed=1.2, harmful=1.5, weight=3),
        Count(name="errors", allowed=1.5, harmful=3),
    )
)


def edge(dice: random.Random) -> Window:
    """A quiet minute of a version that does exactly what is allowed."""
    baseline = tuple(dice.lognormvariate(0, 0.5) for _ in range(12))
    canary = tuple(dice.lognormvariate(0, 0.5) * 1.2 for _ in range(8))
    return Window(
        baseline={"latency": baseline, "errors": Events(events=_errors(dice, 120, 0.02), exposure=120)},
        canary={"latency": canary, "errors": Events(events=_errors(dice, 80, 0.03), exposure=80)},
    )


def _errors(dice: random.Random, trials: int, rate: float) -> int:
    return sum(dice.random() < rate for _ in range(trials))


def test_false_alarms_over_a_whole_rollout_are_at_most_one_in_twenty_and_peeking_has_more() -> None:
    alarms = peeks = 0
    for run in range(RUNS):
        dice = random.Random(run)
        state, peeked = State.none(EDGE), False
        pooled: tuple[list[float], list[float]] = ([], [])
        for _ in range(LOOKS):
            window = edge(dice)
            state = observe(EDGE, state, window)
            for values, found in zip(pooled, (window.canary, window.baseline), strict=True):
                reading = found["latency"]
                assert isinstance(reading, tuple)
                values.extend(value for value in reading if value is not None)
            peeked = peeked or standardised([value / 1.2 for value in pooled[0]], pooled[1]) > 1.645
        alarms += state.failed is not None
        peeks += peeked
    assert alarms <= 0.05 * RUNS
    assert interval(peeks, RUNS)[0] > 0.05  # the same data fail a rule that does not mind its looks


def test_harmful_versions_pass_at_most_one_time_in_twenty() -> None:
    criteria = only(Distribution(name="latency", harmful=1.3, harmful_tail=None))
    passed = 0
    for run in range(RUNS // 2):
        state, ever = State.none(criteria), False
        for look in range(10):
            seed = run * 1000 + look
            window = Window(
                baseline={"latency": tuple(latencies(12, seed))},
                canary={"latency": tuple(latencies(12, seed + 500, 1.3))},
            )
            state = observe(criteria, state, window)
            ever = ever or judge(criteria, state).verdict is Verdict.PASS
        passed += ever
    assert passed <= 0.05 * (RUNS // 2)


def test_rollouts_are_the_same_for_the_same_seed_and_harm_is_found() -> None:
    part = Part(FAIR, TRAFFICS[2], CHANGES[3], seed=7, first=0, runs=4)
    outcomes = play(part)
    assert outcomes == play(part)
    found = row(part, outcomes)
    assert found["rules"]["judge"]["rate"] == 1
    assert found["verdicts"]["fail"] == 4
    assert found["rules"]["judge"]["minutes_p50"] <= 15


def test_every_traffic_and_change_is_a_kind() -> None:
    every = list(kinds())
    assert {(traffic, change) for _, traffic, change in every} >= {
        (traffic, change) for traffic in TRAFFICS for change in CHANGES
    }
    assert (TRAFFICS[0].per_minute, TRAFFICS[-1].per_minute / 60) == (1, 1000)


def test_means_of_many_requests_are_those_of_single_ones() -> None:
    change = Change("tail", tail=0.1)
    few = Traffic("few", 200, 1)
    many = Traffic("many", 2000, 1)
    means = []
    for traffic in (few, many):
        minutes = [
            minute
            for seed in range(6)
            for look in rollout(change, traffic, FAIR, random.Random(seed))
            for minute in look.canary
            if minute.mean is not None
        ]
        means.append(sum(minute.mean or 0 for minute in minutes) / len(minutes))
    assert means[0] == pytest.approx(means[1], rel=0.05)
    assert means[1] > 1.7 * MEDIAN_MS


def test_kayenta_says_high_of_what_is_far_above_and_nothing_of_the_same() -> None:
    assert high([11.0, 12, 13, 14, 15, 16], [1.0, 2, 3, 4, 5, 6])
    assert not high([1.0, 2, 3, 4, 5, 6], [11.0, 12, 13, 14, 15, 16])
    assert not high([1.0, 3, 5, 7], [2.0, 4, 6, 8])
    assert not high([], [1.0])
    assert not high([0.0, 0.0], [0.0, 0.0, 0.0])


def test_sizes_are_those_of_the_environment() -> None:
    assert JudgeSizes.load({}) == JudgeSizes()
    assert JudgeSizes.load({"WRIT_JUDGE_RUNS": "3", "WRIT_JUDGE_SEED": "9"}) == JudgeSizes(runs=3, seed=9)
    with pytest.raises(ValueError, match="WRIT_JUDGE_TRAFFIC"):
        JudgeSizes.load({"WRIT_JUDGE_TRAFFIC": "2/min"})
    for text in ("ten", "0"):
        with pytest.raises(ValueError, match="WRIT_JUDGE_RUNS"):
            JudgeSizes.load({"WRIT_JUDGE_RUNS": text})


def test_benchmark_prints_a_table_and_a_document() -> None:
    env = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core/python'}",
        "WRIT_JUDGE_RUNS": "1",
        "WRIT_JUDGE_JOBS": "1",
        "WRIT_JUDGE_TRAFFIC": "1/min",
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.judge"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "kayenta" in done.stderr
    document = json.loads(done.stdout)
    assert [found["change"] for found in document["rollouts"]] == [change.name for change in CHANGES]
    assert document["evaluation"]["ratio"] > 1
    assert {"judge", "kayenta", "kayenta once", "thresholds"} <= document["rollouts"][0]["rules"].keys()
