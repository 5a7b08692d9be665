"""Nodes of a kind that recent statements name. Pure but for the ports it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from functions.evidence.graph import MOST_READ, Evidence, EvidenceGraph, Place
from writ.contracts.errors import ContractError
from writ.ledger.edges import hour_edge
from writ.ledger.graph import Kind, Node
from writ.ports.ledger import IndexedEntry

DEFAULT_SPAN: Final = timedelta(hours=24)
LONGEST_SPAN: Final = timedelta(days=7)
_HOUR: Final = timedelta(hours=1)
_AT_ONCE: Final = 64
_END: Final = 2**31


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ended: in an hour, at a node of the statement at a leaf."""

    hour: datetime
    place: Place


@dataclass(frozen=True, slots=True)
class Found:
    """A node, the newest statement of the page that names it, and where that is."""

    node: Node
    evidence: Evidence
    mark: Mark


@dataclass(frozen=True, slots=True)
class Page:
    """Some nodes, each once, and the place to go on from where there may be more."""

    found: Sequence[Found]
    rest: Mark | None = None


def start_of(since: datetime | None, now: datetime) -> datetime:
    """How far back to look. Raises ContractError beyond `LONGEST_SPAN`."""
    if since is None:
        return now - DEFAULT_SPAN
    if now - since > LONGEST_SPAN:
        raise ContractError(f"since is at most {LONGEST_SPAN.days} days ago", field="since")
    return since


def recent(
    graph: EvidenceGraph, kind: Kind, first: int, *, since: datetime, now: datetime, after: Mark | None = None
) -> Page:
    """Up to `first` nodes of a kind, by the newest statements; fewer when many had to be read."""
    found: dict[Node, Found] = {}
    read = 0
    for hour in _hours(now if after is None else after.hour, since, ahead=after is None):
        resumed = after.place if after is not None and after.hour == hour else None
        for entries in _pages(graph, hour, resumed):
            listed = [entry for entry in entries if entry.time >= since]
            for evidence, nodes in graph.named([(entry.index, entry.entry_id) for entry in listed]):
                for offset, node in enumerate(nodes):
                    place = Place(evidence.index, offset)
                    if node.kind is not kind or node in found or (resumed and not place.follows(resumed)):
                        continue
                    if len(found) == first:
                        return Page(list(found.values()), list(found.values())[-1].mark)
                    found[node] = Found(node, evidence, Mark(hour, place))
            read += len(entries)
            if read >= MOST_READ:
                return Page(list(found.values()), Mark(hour, Place(entries[-1].index, _END)))
    return Page(list(found.values()))


def _hours(start: datetime, since: datetime, *, ahead: bool) -> Iterator[datetime]:
    """Hours from the newest down; statements may be an hour ahead of the clock that is asked."""
    hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + (_HOUR if ahead else 0 * _HOUR)
    while hour > since - _HOUR:
        yield hour
        hour -= _HOUR


def _pages(graph: EvidenceGraph, hour: datetime, resumed: Place | None) -> Iterator[Sequence[IndexedEntry]]:
    before = None if resumed is None else resumed.index + 1
    while page := graph.index.latest(hour_edge(hour), before, _AT_ONCE):
        yield page
        before = page[-1].index
