"""The member that fails is found, alone or with the one it does not go with."""

from __future__ import annotations

import itertools
import math

import pytest

from writ.dependencies.bisect import Found, NotFound, Result, Subset, Try, next_step

MEMBERS = tuple("abcdefgh")


def search(bad: list[set[str]], members: tuple[str, ...] = MEMBERS, most: int = 100) -> tuple[object, int]:
    """What comes of it, and after how many trials, where checks fail with any of the bad sets."""
    results: dict[Subset, Result] = {}
    while isinstance(step := next_step(members, results, most), Try):
        assert step.subset not in results
        fails = any(each <= step.subset for each in bad)
        results[step.subset] = Result.FAILED if fails else Result.PASSED
    return step, len(results)


@pytest.mark.parametrize("member", MEMBERS)
def test_one_bad_member_is_found_in_few_trials(member: str) -> None:
    step, trials = search([{member}])
    assert step == Found((member,))
    # The base, the whole, and at most both halves at each level.
    assert trials <= 2 + 2 * math.log2(len(MEMBERS))


@pytest.mark.parametrize("pair", list(itertools.combinations("abcde", 2)))
def test_two_that_do_not_go_together_are_found_together(pair: tuple[str, str]) -> None:
    step, _ = search([set(pair)], tuple("abcde"))
    assert step == Found(pair)


def test_of_two_bad_members_one_is_found_and_then_the_other() -> None:
    step, _ = search([{"b"}, {"g"}])
    assert step == Found(("b",))
    rest = tuple(member for member in MEMBERS if member != "b")
    assert search([{"b"}, {"g"}], rest)[0] == Found(("g",))


def test_nobody_is_blamed_for_a_base_that_fails() -> None:
    assert search([set()]) == (NotFound("the checks fail without any of it"), 1)


def test_nobody_is_blamed_where_the_whole_passes_now() -> None:
    assert search([])[0] == NotFound("the checks of the whole do not fail")


def test_trials_are_bounded() -> None:
    step, trials = search([{"a", "h"}], most=6)
    assert (isinstance(step, NotFound), trials) == (True, 6)


def test_checks_that_did_not_end_blame_nobody() -> None:
    results: dict[Subset, Result] = {frozenset(): Result.UNCLEAR}
    assert next_step(MEMBERS, results, 9) == NotFound("the checks of the base did not end")
    results = {frozenset(): Result.PASSED, frozenset("ab"): Result.FAILED, frozenset("a"): Result.UNCLEAR}
    results |= {frozenset("b"): Result.UNCLEAR}
    assert next_step(("a", "b"), results, 9) == Found(("a", "b"))
