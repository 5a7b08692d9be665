"""Scores follow their inputs, whatever the figures; the same work is the same task, however it is written."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from functions.backlog.score import Figures, Quadrant, quadrant, rice, wsjf
from functions.backlog.task import normalised, person_key, task_id

FIGURES = st.builds(
    Figures,
    times_per_month=st.floats(0, 10_000),
    minutes_each=st.floats(0.01, 10_080),
    people=st.integers(1, 100_000),
    impact=st.floats(0.25, 3),
    confidence=st.floats(0, 1),
    effort=st.floats(0.1, 1_000),
)
GAINS = st.sampled_from(["times_per_month", "minutes_each", "people", "impact", "confidence"])


@given(FIGURES, GAINS, st.floats(1, 1_000))
def test_more_gain_never_lowers_a_score(figures: Figures, name: str, factor: float) -> None:
    more = replace(figures, **{name: getattr(figures, name) * factor})
    assert rice(more) >= rice(figures)
    assert wsjf(more) >= wsjf(figures)


@given(FIGURES, st.floats(1, 1_000))
def test_more_effort_never_raises_a_score(figures: Figures, factor: float) -> None:
    more = replace(figures, effort=figures.effort * factor)
    assert rice(more) <= rice(figures)
    assert wsjf(more) <= wsjf(figures)


@given(FIGURES)
def test_scores_are_finite_and_wsjf_keeps_to_its_scale(figures: Figures) -> None:
    assert 0 <= rice(figures) < 1e15
    assert 3 / 20 <= wsjf(figures) <= 60


@given(FIGURES, FIGURES)
def test_the_easier_of_two_like_tasks_is_in_no_worse_quadrant(a: Figures, b: Figures) -> None:
    easier, harder = sorted((a, replace(a, effort=b.effort)), key=lambda figures: figures.effort)
    order = list(Quadrant)
    assert order.index(quadrant(easier)) <= order.index(quadrant(harder))


@given(st.text(min_size=1, max_size=300))
def test_a_key_has_one_id_that_is_a_safe_path_segment(key: str) -> None:
    id = task_id(key)
    assert id == task_id(key)
    assert len(id) <= 64
    assert id.isascii()
    assert id.replace("-", "").isalnum()
    assert id == id.lower()


@given(st.text(min_size=1, max_size=100), st.text(min_size=1, max_size=100))
def test_different_keys_have_different_ids(a: str, b: str) -> None:
    assert (task_id(a) == task_id(b)) == (a == b)


@given(st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=6), st.integers(0, 10**6))
def test_case_punctuation_and_numbers_do_not_make_another_task(words: list[str], number: int) -> None:
    plain = " ".join(words)
    written = f"  {plain.upper().replace(' ', ' - ')} #{number} ({number}.{number})!"
    assert normalised(written) == normalised(plain) == plain
    assert person_key("Platform", written) == person_key("platform", plain)


@given(st.text(min_size=1, max_size=300).filter(str.strip))
def test_normalising_leaves_something_and_twice_is_once(text: str) -> None:
    once = normalised(text)
    assert once
    assert normalised(once) == once
