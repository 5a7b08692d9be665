"""What is left of a budget, and the state that follows from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writ.slo.budget import BudgetState, chance, left, state, success
from writ.slo.counts import Count

NORMAL, REVIEW, FREEZE = BudgetState
counts = st.builds(Count, good=st.integers(0, 100_000), bad=st.integers(0, 2_000))
objectives = st.floats(80, 99.99)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (Count(), NORMAL),
        (Count(1000, 0), NORMAL),
        (Count(19, 1), NORMAL),  # more than the whole budget, and no evidence of anything
        (Count(0, 1), NORMAL),
        (Count(18, 2), FREEZE),
        (Count(1997, 3), NORMAL),
        (Count(1992, 8), REVIEW),
        (Count(1990, 10), REVIEW),  # spent, as half of all services at their objective have
        (Count(1982, 18), FREEZE),
    ],
)
def test_states_by_hand(count: Count, expected: BudgetState) -> None:
    assert state(count, 99.5) is expected


def test_a_state_is_left_later_than_it_is_entered() -> None:
    assert [state(Count(1993, 7), 99.5, before) for before in BudgetState] == [NORMAL, REVIEW, REVIEW]
    at_the_edge = Count(1985, 15)
    assert 0.05 < chance(at_the_edge, 99.5) <= 0.1
    assert [state(at_the_edge, 99.5, before) for before in BudgetState] == [REVIEW, REVIEW, FREEZE]


@given(counts, objectives, st.sampled_from(BudgetState))
def test_one_more_failure_never_frees(count: Count, objective: float, before: BudgetState) -> None:
    order = list(BudgetState)
    now, then = (state(c, objective, before) for c in (count, count + Count(0, 1)))
    assert order.index(then) >= order.index(now)


@given(counts, objectives, st.sampled_from(BudgetState))
def test_a_freeze_means_that_the_budget_is_overspent(
    count: Count, objective: float, before: BudgetState
) -> None:
    if state(count, objective, before) is FREEZE:
        assert left(count, objective) == 0
        assert count.bad >= 2


@given(counts, objectives)
def test_what_is_left_is_a_share_and_whole_without_failures(count: Count, objective: float) -> None:
    assert 0 <= left(count, objective) <= 100
    assert (left(count, objective) == 100) == (count.bad == 0)
    achieved = success(count)
    assert (achieved is None) == (count.total == 0)
