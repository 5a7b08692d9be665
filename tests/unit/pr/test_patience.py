"""Waiting for whoever is at the same thing, and not for long."""

from __future__ import annotations

import pytest

from functions.pr.patience import WAITS_S, patiently
from writ.contracts.errors import BusyError, PermanentError


class Taking:
    """Somebody else is at it for so many looks."""

    def __init__(self, busy: int, error: Exception) -> None:
        self.busy, self.error, self.pauses = busy, error, list[float]()

    def take(self) -> str:
        if self.busy:
            self.busy -= 1
            raise self.error
        return "taken"


@pytest.mark.parametrize("busy", range(len(WAITS_S) + 1))
def test_what_is_let_go_of_soon_is_taken(busy: int) -> None:
    taking = Taking(busy, BusyError("held"))
    assert patiently(taking.take, taking.pauses.append) == "taken"
    assert tuple(taking.pauses) == WAITS_S[:busy]


def test_what_is_held_on_to_is_given_up_in_three_seconds() -> None:
    taking = Taking(99, BusyError("held"))
    with pytest.raises(BusyError, match="held"):
        patiently(taking.take, taking.pauses.append)
    assert sum(taking.pauses) <= 3


def test_what_is_refused_is_not_waited_for() -> None:
    taking = Taking(1, PermanentError("no"))
    with pytest.raises(PermanentError):
        patiently(taking.take, taking.pauses.append)
    assert taking.pauses == []
