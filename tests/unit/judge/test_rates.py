"""Evidence from counts, held against the exact distributions of what could have happened."""

from __future__ import annotations

import math
from itertools import product
from math import comb, exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writ.judge.rates import above, acceptable, below, interval, likeliest, log_mean_exp

SHARES = st.floats(0.02, 0.98)


def binomial(k: int, events: int, part: float) -> float:
    return comb(events, k) * part**k * (1 - part) ** (events - k)


def tilted(share: float, ratio: float) -> float:
    """The canary's part of the events where its rate is a ratio times the baseline's."""
    return share * ratio / (1 + share * (ratio - 1))


@given(st.integers(1, 30), SHARES, st.floats(0.2, 5))
def test_evidence_has_the_mean_one_when_the_ratio_is_the_one_held(k: int, share: float, ratio: float) -> None:
    chances = [binomial(found, k, tilted(share, ratio)) for found in range(k + 1)]
    for evidence in (above, below):
        mean = sum(p * exp(evidence(ratio, found, [(k, share)])) for found, p in enumerate(chances))
        assert mean == pytest.approx(1, rel=1e-6)


@given(st.integers(1, 20), SHARES, st.floats(0.05, 1))
def test_evidence_for_more_has_a_mean_of_at_most_one_when_there_is_less(
    k: int, share: float, true: float
) -> None:
    chances = [binomial(found, k, tilted(share, true)) for found in range(k + 1)]
    assert sum(p * exp(above(1.0, found, [(k, share)])) for found, p in enumerate(chances)) <= 1 + 1e-9


def test_evidence_of_windows_with_other_shares_has_the_mean_one_together() -> None:
    splits = [(3, 0.1), (2, 0.25), (4, 0.5)]
    mean = 0.0
    for found in product(*(range(k + 1) for k, _ in splits)):
        chance = math.prod(binomial(c, k, share) for c, (k, share) in zip(found, splits, strict=True))
        mean += chance * exp(above(1.0, sum(found), splits))
    assert mean == pytest.approx(1)


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_evidence_has_a_mean_of_at_most_one_for_failures_of_trials(
    canary: int, baseline: int, data: st.DataObject
) -> None:
    trials = canary + baseline
    k = data.draw(st.integers(1, trials))
    share = canary / trials
    mean = 0.0
    for found in range(max(0, k - baseline), min(k, canary) + 1):
        chance = comb(canary, found) * comb(baseline, k - found) / comb(trials, k)
        mean += chance * exp(above(1.0, found, [(k, share)]))
    assert mean <= 1 + 1e-9


@given(st.integers(1, 60), st.floats(0.01, 0.5), st.data())
def test_evidence_for_an_acceptable_rate_has_a_mean_of_at_most_one_above_it(
    trials: int, rate: float, data: st.DataObject
) -> None:
    true = data.draw(st.floats(rate, 1))
    chances = [binomial(found, trials, true) for found in range(trials + 1)]
    assert sum(p * exp(acceptable(rate, found, trials)) for found, p in enumerate(chances)) <= 1 + 1e-9


def test_three_hundred_requests_without_an_error_speak_for_less_than_two_in_a_hundred() -> None:
    assert acceptable(0.02, 0, 300) > math.log(20)
    assert acceptable(0.02, 0, 100) < math.log(20)


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.05, 0.95))
def test_interval_holds_the_likeliest_ratio_and_ends_where_evidence_is_enough(
    canary: int, baseline: int, share: float
) -> None:
    needed = math.log(40)
    splits = [(canary + baseline, share)] if canary + baseline else []
    low, high = interval(canary, splits, needed)
    ratio = likeliest(canary, splits)
    assert low < high
    if ratio is None:
        assert (low, high) == (0, math.inf)
        return
    assert low <= ratio <= high
    if low:
        assert above(low, canary, splits) == pytest.approx(needed, abs=1e-3)
    if high < math.inf:
        assert below(high, canary, splits) == pytest.approx(needed, abs=1e-3)


def test_likeliest_ratio_is_that_of_the_rates() -> None:
    share = 100 / 1100
    assert likeliest(6, [(26, share)]) == pytest.approx((6 / 100) / (20 / 1000), rel=1e-6)
    assert likeliest(0, [(5, share)]) == 0
    assert likeliest(5, [(5, share)]) == math.inf


def test_mean_of_logs_neither_overflows_nor_vanishes() -> None:
    assert log_mean_exp([2000.0, 0.0]) == pytest.approx(2000 - math.log(2))
    assert log_mean_exp([-math.inf, -math.inf]) == -math.inf
