"""The scores of the worked example in docs/guides/backlog.md, and what separates the quadrants."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.backlog.score import Figures, Quadrant, confidence_after, quadrant, rice, wsjf
from functions.backlog.task import Frequency

RELEASE = Figures(
    times_per_month=Frequency(count=3, per="week").per_month,
    minutes_each=20,
    people=2,
    impact=1.5,
    confidence=0.8,
    effort=2.5,
)


def test_worked_example_has_the_scores_of_the_guide() -> None:
    assert RELEASE.times_per_month == pytest.approx(13)
    assert RELEASE.hours_per_month == pytest.approx(8.67, abs=0.005)
    assert rice(RELEASE) == 249.6
    assert wsjf(RELEASE) == 3.6
    assert quadrant(RELEASE) is Quadrant.QUICK_WIN


@pytest.mark.parametrize(
    ("minutes", "effort", "expected"),
    [
        (120, 3, Quadrant.QUICK_WIN),
        (120, 3.5, Quadrant.MAJOR_PROJECT),
        (119, 3, Quadrant.FILL_IN),
        (119, 3.5, Quadrant.THANKLESS),
    ],
)
def test_quadrant_changes_at_four_hours_and_three_days(
    minutes: float, effort: float, expected: Quadrant
) -> None:
    figures = Figures(2, minutes, 1, 1, 1, effort)
    assert quadrant(figures) is expected


def test_a_day_is_a_working_day() -> None:
    assert Frequency(count=1, per="day").per_month == pytest.approx(65 / 3)
    assert Frequency(count=1, per="week").per_month == pytest.approx(13 / 3)
    assert Frequency(count=1, per="month").per_month == 1


def test_confidence_is_high_from_the_third_occurrence_on() -> None:
    assert [confidence_after(n) for n in (0, 1, 2, 3, 4, 500)] == [0.2, 0.2, 0.5, 0.8, 0.8, 0.8]


def test_nothing_saved_scores_nothing() -> None:
    assert rice(replace(RELEASE, times_per_month=0)) == 0
