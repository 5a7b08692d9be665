"""Calls that do not depend on each other, one by one and by threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from writ.adapters.threads import at_once
from writ.contracts.errors import ConflictError, TransientError
from writ.ledger.together import Together, one_by_one


@pytest.fixture(params=[one_by_one, at_once])
def together(request: pytest.FixtureRequest) -> Together:
    found: Together = request.param
    return found


def failing(error: Exception) -> Callable[[], None]:
    def call() -> None:
        raise error

    return call


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_every_call_is_made_once(together: Together, count: int) -> None:
    made: list[int] = []
    together([lambda number=number: made.append(number) for number in range(count)])  # type: ignore[misc]
    assert sorted(made) == list(range(count))


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_failure_is_raised_after_the_others_have_ended(together: Together, at: int) -> None:
    made: list[int] = []
    calls: list[Callable[[], None]] = [lambda: made.append(1)] * 2
    calls.insert(at, failing(TransientError("no answer")))
    with pytest.raises(TransientError, match="no answer"):
        together(calls)
    assert made == [1, 1]


def test_a_fork_is_not_hidden_by_an_error_that_may_pass(together: Together) -> None:
    fork = ConflictError("other content", code="ledger.forked")
    with pytest.raises(ConflictError):
        together([failing(TransientError("no answer")), failing(fork)])


def test_threads_make_the_calls_at_once() -> None:
    met = threading.Barrier(3, timeout=5)

    def meet() -> None:
        met.wait()

    at_once([meet] * 3)
    assert not met.broken
