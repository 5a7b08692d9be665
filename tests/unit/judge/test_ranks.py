"""Evidence from ranks, held against every arrangement of the labels."""

from __future__ import annotations

import math
from itertools import combinations
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writ.judge import ranks
from writ.judge.ranks import EFFECTS, log_mean, slope, wins

VALUES = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=5)


def pairs(canary: list[float], baseline: list[float]) -> float:
    return sum((one > other) + (one == other) / 2 for one in canary for other in baseline)


def arrangements(pooled: list[float], size: int) -> list[float]:
    """U of every way to say which of the values are the canary's."""
    found = []
    for chosen in combinations(range(len(pooled)), size):
        theirs = [pooled[place] for place in chosen]
        rest = [value for place, value in enumerate(pooled) if place not in chosen]
        found.append(pairs(theirs, rest))
    return found


@given(VALUES, VALUES)
def test_wins_are_pairs_won_and_ties_are_halves(canary: list[float], baseline: list[float]) -> None:
    assert wins(sorted(canary), sorted(baseline)) == pairs(canary, baseline)


@pytest.mark.parametrize("sizes", [(2, 9), (9, 2)])
def test_wins_at_a_ratio_are_those_of_values_divided_by_it(sizes: tuple[int, int]) -> None:
    canary = [float(value * 3 % 17 + 1) for value in range(sizes[0])]
    baseline = [float(value * 5 % 13 + 1) for value in range(sizes[1])]
    divided = [value / 2 for value in canary]
    assert wins(sorted(canary), sorted(baseline), 2.0) == pairs(divided, baseline)


@pytest.mark.parametrize("sizes", [(1, 1), (1, 6), (3, 3), (2, 7), (5, 4)])
@pytest.mark.parametrize("effect", EFFECTS)
def test_mean_over_arrangements_is_that_of_all_of_them(sizes: tuple[int, int], effect: float) -> None:
    m, n = sizes
    by = slope(effect, m, n)
    every = arrangements([float(value) for value in range(m + n)], m)
    mean = sum(exp(by * (u - m * n / 2)) for u in every) / len(every)
    assert log_mean(by, m, n) == pytest.approx(math.log(mean), abs=1e-9)


@given(st.lists(st.integers(0, 3).map(float), min_size=2, max_size=8), st.data())
def test_evidence_has_a_mean_of_at_most_one_when_values_tie(pooled: list[float], data: st.DataObject) -> None:
    m = data.draw(st.integers(1, len(pooled) - 1))
    n = len(pooled) - m
    every = arrangements(pooled, m)
    for effect in EFFECTS:
        by = slope(effect, m, n)
        for sign in (1, -1):
            found = [exp(sign * by * (u - m * n / 2) - log_mean(by, m, n)) for u in every]
            assert sum(found) / len(found) <= 1 + 1e-9


@pytest.mark.parametrize("sizes", [(40, 60), (300, 300), (512, 5000)])
@pytest.mark.parametrize("effect", EFFECTS)
def test_bound_for_large_sets_is_never_below_the_exact_mean(
    sizes: tuple[int, int], effect: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = slope(effect, *sizes)
    exact = log_mean.__wrapped__(by, *sizes)
    monkeypatch.setattr(ranks, "_EXACT", 0)
    bound = log_mean.__wrapped__(by, *sizes)
    assert exact < bound
    if effect <= 0.1:
        assert bound - exact < 0.02 * bound


def test_values_all_on_one_side_are_worth_the_number_of_arrangements() -> None:
    by = slope(400.0, 3, 20)
    assert by * 30 - log_mean(by, 3, 20) == pytest.approx(math.log(math.comb(23, 3)))
