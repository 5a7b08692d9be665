"""Whose the worst values are, held against every arrangement of the labels; and the estimate of a ratio."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.judge.cases import LATENCY, latencies
from writ.judge.criteria import Side
from writ.judge.values import Ranks, as_increase, heavier, lighter


def after(canary: list[float], baseline: list[float]) -> Ranks:
    return Ranks.none(LATENCY).seeing(LATENCY, canary, baseline)


@given(st.lists(st.integers(1, 3).map(float), min_size=10, max_size=11), st.integers(1, 4))
def test_evidence_of_a_heavier_tail_has_a_mean_of_at_most_one(pooled: list[float], size: int) -> None:
    equal = LATENCY.model_copy(update={"allowed": 1.0})
    found = [0.0, 0.0]
    chosen_sets = list(combinations(range(len(pooled)), size))
    for chosen in chosen_sets:
        theirs = [pooled[place] for place in chosen]
        rest = [value for place, value in enumerate(pooled) if place not in chosen]
        tails = Ranks.none(equal).seeing(equal, theirs, rest).tails
        found = [total + math.exp(heavier(tail, 1.0)) for total, tail in zip(found, tails, strict=True)]
    assert max(found) / len(chosen_sets) <= 1 + 1e-9


def test_worst_values_that_tie_are_shared() -> None:
    flat = after([5.0] * 10, [5.0] * 30).tails[0]
    assert (flat.all, flat.canary, flat.expected) == (4, 1.0, 1.0)
    mixed = after([9.0, *[5.0] * 9], [5.0] * 30).tails[0]
    assert mixed.canary == pytest.approx(1 + 3 * 9 / 39)


def test_few_values_have_no_tail() -> None:
    assert after([5.0] * 4, [5.0] * 5).tails[0].all == 0
    assert after([5.0] * 5, [5.0] * 5).tails[0].all == 1


def test_tail_that_is_no_concern_rules_out_nothing() -> None:
    tail = after(latencies(30), latencies(30)).tails[0]
    assert lighter(tail, LATENCY.model_copy(update={"harmful_tail": None})) == math.inf
    assert lighter(tail, LATENCY) < 1


@pytest.mark.parametrize("times", [0.4, 0.9, 1.0, 1.3, 2.4, 7.0])
def test_estimate_is_the_ratio_of_the_versions_and_its_interval_holds_it(times: float) -> None:
    baseline = latencies(400)
    same = after([value * times for value in baseline], baseline)
    assert same.estimate() == pytest.approx(times, rel=0.02)
    low, high = same.interval(math.log(40), 1.0)
    assert low < times < high


def test_estimate_beyond_all_ratios_is_open() -> None:
    assert after([100.0] * 5, [1.0] * 5).estimate() == math.inf
    assert after([1.0] * 5, [100.0] * 5).estimate() == 0
    assert Ranks.none(LATENCY).estimate() is None


def test_decrease_is_an_increase_of_reciprocals() -> None:
    assert as_increase([2.0, 4.0, 0.0], LATENCY, Side.INCREASE) == [2.0, 4.0, LATENCY.floor]
    assert as_increase([2.0, 4.0], LATENCY, Side.DECREASE) == [0.5, 0.25]
