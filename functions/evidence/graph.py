"""The neighbours of a node, read from the statements that name it. Pure but for the ports it reads."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

from writ.contracts.statement import Phase, entry_id
from writ.ledger.dsse import decode
from writ.ledger.edges import node_edge, subject_edge
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import read_statement
from writ.ledger.graph import Kind, Link, Node, Relation
from writ.ledger.reading import Reading, read
from writ.ports.ledger import EntryStore, LogIndex

# Statements that one page of neighbours reads at most: a filter that little passes must not read a whole log.
MOST_READ: Final = 256
_AT_ONCE: Final = 32
_END: Final = 2**31


@dataclass(frozen=True, slots=True)
class Evidence:
    """The statement a link or a node is known from, and where it is in the log."""

    entry: str
    index: int
    bot: str
    type: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: at the `offset`th link of the statement that is leaf `index`."""

    index: int
    offset: int

    def follows(self, other: Place) -> bool:
        """Whether it is listed after the other one: leaves go down, the links of one go up."""
        return self.index < other.index or (self.index == other.index and self.offset > other.offset)


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A link of a node, its evidence, and its place among the links of the node."""

    link: Link
    evidence: Evidence
    place: Place


@dataclass(frozen=True, slots=True)
class Page:
    """Some neighbours, and the place to go on from where there may be more."""

    neighbors: Sequence[Neighbor]
    rest: Place | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which links of a node; None for all."""

    relations: frozenset[Relation] | None = None
    kinds: frozenset[Kind] | None = None
    outward: bool | None = None

    def holds(self, node: Node, link: Link) -> bool:
        return (
            link.touches(node)
            and (self.relations is None or link.relation in self.relations)
            and (self.kinds is None or link.other(node).kind in self.kinds)
            and (self.outward is None or (link.source if self.outward else link.target) == node)
        )


@dataclass(frozen=True, slots=True)
class _Known:
    evidence: Evidence
    reading: Reading


EVERYTHING: Final = Wanted()


@dataclass(slots=True)
class EvidenceGraph:
    """The graph as one request sees it: each statement is read once.

    Only statements that are in the log are in the graph. One that cannot be read any more adds nothing.
    """

    entries: EntryStore
    index: LogIndex
    _statements: dict[str, _Known | None] = field(default_factory=dict)
    _streams: dict[str, Mapping[str, int]] = field(default_factory=dict)

    def neighbors(
        self, node: Node, first: int, *, after: Place | None = None, wanted: Wanted = EVERYTHING
    ) -> Page:
        """Up to `first` links of a node (at least one), the newest first.

        There may be fewer, and a place to go on from, when `MOST_READ` statements had to be read.
        """
        found: list[Neighbor] = []
        listed = self._listed(node, None if after is None else after.index + 1)
        size = min(first + 1, _AT_ONCE)  # a short page reads little, a filter that little passes ever more
        left = MOST_READ
        while left > 0:
            chunk = list(islice(listed, size))
            self._load(chunk)
            for neighbor in self._links(node, chunk):
                if wanted.holds(node, neighbor.link) and (after is None or neighbor.place.follows(after)):
                    if len(found) == first:
                        return Page(found, found[-1].place)
                    found.append(neighbor)
            if len(chunk) < size:
                return Page(found)
            left, size = left - size, min(2 * size, _AT_ONCE)
        return Page(found, Place(chunk[-1][0], _END))

    def evidence(self, node: Node, via: Neighbor | None = None) -> Sequence[Evidence]:
        """What a node is known from: the statements of its stream, or `via`, or the newest that names it.

        Empty for a node that no statement in the log names.
        """
        return [known.evidence for known in self._known(node, via)]

    def facts(self, node: Node, via: Neighbor | None = None) -> Mapping[str, Any]:
        """What that evidence tells of the node."""
        facts: dict[str, Any] = {}
        for known in self._known(node, via):
            facts |= known.reading.facts.get(node, {})
        return facts

    def named(self, places: Sequence[tuple[int, str]]) -> Iterator[tuple[Evidence, Sequence[Node]]]:
        """The nodes that statements name, by leaf index and entry id."""
        self._load(places)
        for _, name in places:
            if (known := self._statements.get(name)) is not None:
                ends = (node for link in known.reading.links for node in (link.source, link.target))
                yield known.evidence, list(dict.fromkeys(ends))

    def load_streams(self, streams: Iterable[str]) -> None:
        """Read the statements of actions, all at once."""
        missing = [name for name in dict.fromkeys(streams) if name not in self._streams]
        if not missing:
            return
        pairs = [(stream, entry_id(stream, phase)) for stream in missing for phase in Phase]
        found = self.index.find(pairs)
        for stream in missing:
            names = [entry_id(stream, phase) for phase in Phase]
            placed = {name: found[name] for name in names if name in found}
            self._streams[stream] = dict(sorted(placed.items(), key=lambda item: item[1]))
        self._load([(index, name) for name, index in found.items()])

    def _known(self, node: Node, via: Neighbor | None) -> list[_Known]:
        if node.stream is not None:
            self.load_streams([node.stream])
            told = [self._statements.get(name) for name in self._streams[node.stream]]
            return [known for known in told if known is not None and known.reading.names(node)]
        if via is None:
            newest = self.neighbors(node, 1).neighbors
            via = newest[0] if newest else None
        known = None if via is None else self._statements.get(via.evidence.entry)
        return [] if known is None else [known]

    def _links(self, node: Node, places: Sequence[tuple[int, str]]) -> Iterator[Neighbor]:
        for index, name in places:
            known = self._statements.get(name)
            for offset, link in enumerate(known.reading.links if known else ()):
                if known is not None and link.touches(node):
                    yield Neighbor(link, known.evidence, Place(index, offset))

    def _listed(self, node: Node, before: int | None) -> Iterator[tuple[int, str]]:
        """Leaf index and entry id of every statement that may name a node, the newest first, each once."""
        sources = [self._edge(edge(node.digest), before) for edge in (node_edge, subject_edge)]
        if node.stream is not None:
            self.load_streams([node.stream])
            placed = ((index, name) for name, index in self._streams[node.stream].items())
            own = [place for place in placed if before is None or place[0] < before]
            sources.append(iter(sorted(own, reverse=True)))
        last = None
        for place in heapq.merge(*sources, reverse=True):
            if place != last:
                yield place
            last = place

    def _edge(self, edge: str, before: int | None) -> Iterator[tuple[int, str]]:
        while page := self.index.latest(edge, before, _AT_ONCE):
            for entry in page:
                yield entry.index, entry.entry_id
            before = page[-1].index

    def _load(self, places: Sequence[tuple[int, str]]) -> None:
        missing = {name: index for index, name in places if name not in self._statements}
        if not missing:
            return
        stored = self.entries.get_many(list(missing))
        for name, index in missing.items():
            entry = stored.get(name)
            reading = None if entry is None else _read(entry.envelope)
            known = None
            if entry is not None and reading is not None:
                known = _Known(Evidence(name, index, entry.actor, entry.type, entry.time), reading)
            self._statements[name] = known


def _read(envelope: bytes) -> Reading | None:
    try:
        return read(read_statement(decode(envelope).payload))
    except VerificationError:
        return None
