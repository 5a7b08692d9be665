"""Calls that do not depend on each other: who makes them, and what a failure among them means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from writ.contracts.errors import TransientError

# Makes every call, in any order or at once. Returns, or raises one of their errors, when all have ended.
Together = Callable[[Sequence[Callable[[], None]]], None]


def one_by_one(calls: Sequence[Callable[[], None]]) -> None:
    """Make the calls in their order.

    Raises
    ------
    Exception
        The gravest error, when every call has been made: see `gravest`.
    """
    errors = []
    for call in calls:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - raised below, after the others
            errors.append(error)
    if errors:
        raise gravest(errors)


def gravest(errors: Iterable[Exception]) -> Exception:
    """The first that will not pass, such as a fork of the log, else the first; there must be one."""
    found = list(errors)
    return next((error for error in found if not isinstance(error, TransientError)), found[0])
