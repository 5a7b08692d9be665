"""Cursors of lists: where a page ended, bound to the query it belongs to."""

from __future__ import annotations

import hashlib

from functions.backlog.store import Place, Query
from functions.backlog.task import read
from writ.contracts.errors import ContractError
from writ.runtime import cursors


def issue(query: Query, place: Place) -> str:
    """The cursor after a place in the query's order."""
    return cursors.encode([place.id, place.value, _digest(query, place)])


def resume(query: Query, cursor: str) -> Place:
    """The place a cursor stands for.

    Raises ContractError for anything that `issue` did not make for this very query. The digest finds
    damage and mix-ups; a forged cursor gives no more than a place in a list that its caller may read.
    """
    try:
        id, value, _ = cursors.decode(cursor)
        place = read(Place, {"id": id, "value": value}, "cursor")
    except (ValueError, TypeError, RecursionError, ContractError):
        raise _refused() from None
    if issue(query, place) != cursor or isinstance(place.value, str) is not (query.order == "updated"):
        raise _refused()
    return place


def _digest(query: Query, place: Place) -> str:
    return hashlib.sha256(repr((query, place.id, place.value)).encode()).hexdigest()[:16]


def _refused() -> ContractError:
    return ContractError("the cursor is not one that this query returned", field="cursor")
