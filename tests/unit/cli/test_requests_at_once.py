"""Requests that are made many at once, and again when an API is busy."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cli.in_order import in_order
from cli.patience import PatientTransport


def test_answers_come_in_the_order_of_the_questions_and_few_are_asked_ahead() -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    found = in_order(lambda number: number * 2, numbers(), at_once=2)
    assert [next(found) for _ in range(5)] == [0, 2, 4, 6, 8]
    assert len(taken) < 20
    assert list(found) == [number * 2 for number in range(5, 1000)]


def test_error_is_raised_at_its_turn() -> None:
    found = in_order(lambda number: 1 // number, [2, 1, 0, 3], at_once=4)
    assert [next(found), next(found)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(found)


def answers(*statuses: int, method: str = "GET", after: str | None = None) -> tuple[int, list[float]]:
    """The status that is returned when these come one after the other, and the pauses made."""
    pauses: list[float] = []
    left = list(statuses)
    headers = {} if after is None else {"Retry-After": after}
    inner = httpx.MockTransport(lambda _: httpx.Response(left.pop(0), headers=headers))
    with httpx.Client(transport=PatientTransport(inner, pauses.append, lambda: 1.0)) as client:
        return client.request(method, "https://api.writ.example/").status_code, pauses


def test_pauses_grow_and_the_last_answer_is_returned() -> None:
    assert answers(503, 429, 200) == (200, [0.5, 1.0])
    assert answers(*[500] * 6) == (500, [0.5, 1.0, 2.0, 4.0, 8.0])


def test_api_says_how_long_to_wait_but_not_for_ever() -> None:
    assert answers(429, 200, after="5") == (200, [5.0])
    assert answers(429, 200, after="86400") == (200, [20.0])
    assert answers(429, 200, after="Wed, 21 Oct 2026 07:28:00 GMT") == (200, [0.5])


@pytest.mark.parametrize("status", [400, 401, 404])
def test_answer_that_stays_is_not_asked_for_again(status: int) -> None:
    assert answers(status) == (status, [])


def test_what_changes_something_is_sent_once() -> None:
    assert answers(503, method="POST") == (503, [])
