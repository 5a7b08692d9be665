"""Success and error budget, by hand and by property."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.registry.performance import (
    DAY,
    MONTH,
    Tally,
    budget_left,
    first_slot,
    report,
    slot,
    success,
    within,
)

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
counts = st.integers(0, 10**9)
tallies = st.builds(
    Tally, succeeded=counts, failed=counts, denied=counts, expired=counts, total_ms=st.integers(0, 10**12)
)
objectives = st.floats(0.001, 99.999)


def test_without_traffic_nothing_is_known_and_nothing_is_spent() -> None:
    assert report(Tally(), 99.5) == {
        "success": None,
        "budget_left": 100.0,
        "average_ms": None,
        "actions": {"succeeded": 0, "failed": 0, "denied": 0, "expired": 0},
    }


@pytest.mark.parametrize(
    ("tally", "objective", "achieved", "left"),
    [
        (Tally(succeeded=1000), 99.5, 100.0, 100.0),
        (Tally(succeeded=998, failed=2), 99.5, 99.8, 60.0),
        (Tally(succeeded=995, failed=5), 99.5, 99.5, 0.0),
        (Tally(succeeded=900, failed=100), 99.5, 90.0, 0.0),
        (Tally(failed=1), 99.5, 0.0, 0.0),
        (Tally(succeeded=99_999, failed=1), 99.0, 99.99, 99.9),
        (Tally(succeeded=9_999_999, failed=1), 99.0, 99.99, 99.99),
        (Tally(succeeded=199_999_997, failed=1), 99.0, 99.99, 99.99),
        (Tally(denied=7, expired=3), 99.5, None, 100.0),
        (Tally(succeeded=1, denied=99), 99.5, 100.0, 100.0),
    ],
)
def test_success_and_budget_by_hand(
    tally: Tally, objective: float, achieved: float | None, left: float
) -> None:
    made = report(tally, objective)
    assert (made["success"], made["budget_left"]) == (achieved, left)


def test_the_average_counts_every_outcome() -> None:
    assert report(Tally(succeeded=2, failed=1, denied=1, total_ms=1002), 99)["average_ms"] == 250


@given(tallies, objectives)
def test_percent_stay_percent_and_perfect_means_perfect(tally: Tally, objective: float) -> None:
    made = report(tally, objective)
    assert 0 <= made["budget_left"] <= 100
    if made["success"] is not None:
        assert 0 <= made["success"] <= 100
        assert (made["success"] == 100) == (tally.failed == 0)


@given(tallies, objectives)
def test_one_more_failure_never_leaves_more_budget(tally: Tally, objective: float) -> None:
    assert budget_left(tally + Tally(failed=1), objective) <= budget_left(tally, objective)


@given(tallies)
def test_a_denied_action_changes_no_success(tally: Tally) -> None:
    assert success(tally + Tally(denied=1, expired=1)) == success(tally)


def test_a_window_ends_with_the_hour_that_is_running() -> None:
    assert (first_slot(NOW, DAY), slot(NOW)) == ("2026030111", "2026030210")
    assert slot(NOW.astimezone(timezone(timedelta(hours=14)))) == "2026030210"
    hours = {slot(NOW - timedelta(hours=back)): Tally(succeeded=1) for back in range(-1, 800)}
    assert within(hours, NOW, DAY).succeeded == 24
    assert within(hours, NOW, MONTH).succeeded == 720
