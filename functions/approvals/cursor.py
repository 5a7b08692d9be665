"""Cursors of the list of actions, bound to the query they belong to."""

from __future__ import annotations

import hashlib
import json

from pydantic import ValidationError

from functions.approvals.listing import OPEN, Place, Query
from writ.contracts.errors import ContractError
from writ.runtime import cursors


def issue(query: Query, place: Place) -> str:
    """The cursor after a place."""
    return cursors.encode([place.partition, place.at, place.id, _digest(query, place)])


def resume(query: Query, cursor: str) -> Place:
    """The place a cursor stands for.

    Raises ContractError for anything that `issue` did not make for this very query. The digest finds
    damage and mix-ups; a forged cursor gives no more than a place in a list that its caller may read.
    """
    try:
        partition, at, id, digest = cursors.decode(cursor)
        place = Place(partition=partition, at=at, id=id)
    except (ValueError, TypeError, RecursionError, ValidationError):
        raise _refused() from None
    if digest != _digest(query, place) or (place.partition in OPEN) is not (query.state in OPEN):
        raise _refused()
    return place


def _digest(query: Query, place: Place) -> str:
    text = json.dumps([query.state, query.bot, place.partition, place.at, place.id])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _refused() -> ContractError:
    return ContractError("the cursor is not one that this query returned", field="cursor")
