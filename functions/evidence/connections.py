"""Connections of Relay and their cursors: https://relay.dev/graphql/connections.htm"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from functions.evidence.graph import Place
from functions.evidence.recent import Mark
from writ.contracts.errors import ContractError
from writ.runtime import cursors


def connection(edges: Sequence[Mapping[str, Any]], rest: str | None) -> dict[str, Any]:
    """Edges, and where to go on from: `rest` where there may be more, else the last edge."""
    last = edges[-1]["cursor"] if edges else None
    return {
        "edges": edges,
        "pageInfo": {
            "hasNextPage": rest is not None,
            "hasPreviousPage": False,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": rest or last,
        },
    }


def place_text(place: Place) -> str:
    """The cursor of a neighbour."""
    return cursors.encode([place.index, place.offset])


def mark_text(mark: Mark) -> str:
    """The cursor of a node that was found."""
    return cursors.encode([mark.place.index, mark.place.offset, mark.hour.isoformat()])


def place_of(cursor: str) -> Place:
    """What `place_text` made a cursor of. Raises ContractError for any other."""
    return _read(cursor, hours=0)[0]


def mark_of(cursor: str) -> Mark:
    """What `mark_text` made a cursor of. Raises ContractError for any other."""
    place, hour = _read(cursor, hours=1)
    return Mark(hour, place)


def _read(cursor: str, *, hours: int) -> tuple[Place, datetime]:
    """Raises ContractError for what this field did not issue; a forged one gives another place, no more."""
    try:
        index, offset, *rest = cursors.decode(cursor)
        hour = datetime.fromisoformat(rest[0]) if rest else datetime.min.replace(tzinfo=UTC)
        numbers = type(index) is int and type(offset) is int and min(index, offset) >= 0
        if not numbers or len(rest) != hours or hour.tzinfo is None:
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise ContractError("after is not a cursor of this connection", field="after") from None
    return Place(index, offset), hour
