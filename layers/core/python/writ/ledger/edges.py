"""Names of the edges along which the index can be searched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from writ.ports.ledger import IndexedEntry


def subject_edge(digest: str) -> str:
    """Statements about a thing, by the SHA-256 it goes under."""
    return f"subject#{digest}"


def node_edge(digest: str) -> str:
    """Statements that name a node of the graph without being about it; see `Node.digest`."""
    return f"node#{digest}"


def actor_edge(bot: str, hour: datetime) -> str:
    """What a bot stated in an hour."""
    return f"actor#{bot}#{_hour(hour)}"


def type_edge(predicate_type: str, hour: datetime) -> str:
    """Statements of a type in an hour."""
    return f"type#{predicate_type}#{_hour(hour)}"


def hour_edge(hour: datetime) -> str:
    """Everything stated in an hour."""
    return f"hour#{_hour(hour)}"


def stream_edge(stream: str) -> str:
    """Where the entries of a stream are kept, by entry id."""
    return f"stream#{stream}"


def edges_of(entry: IndexedEntry) -> Iterator[str]:
    """Every edge an entry is listed on."""
    yield from map(subject_edge, entry.subjects)
    yield from map(node_edge, entry.nodes)
    yield actor_edge(entry.actor, entry.time)
    yield type_edge(entry.type, entry.time)
    yield hour_edge(entry.time)


def _hour(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y%m%d%H")
