"""LogIndex on DynamoDB: where an entry is in the log, and what lists show of it.

A stream's edge has one item an entry, so that it can be looked up by id. On every other edge one item
holds what a commit put there, for a thousand entries an hour apart cost a thousand writes, and a
thousand entries of one commit cost a few.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.adapters.deflate import deflated, inflated
from writ.contracts.errors import ConflictError, ContendedError
from writ.contracts.statement import rfc3339
from writ.ledger.edges import edges_of, stream_edge
from writ.ports.ledger import IndexedEntry

# About 250 bytes an entry before they are deflated, and DynamoDB keeps 400 KB an item.
GROUP: Final = 400
_ROUNDS: Final = 5


class IndexItem(Model):
    """`position` is an entry id on a stream's edge, else the leaf index that ends the group, padded."""

    class Meta:
        table_name = "index"

    edge = UnicodeAttribute(hash_key=True)
    position = UnicodeAttribute(range_key=True)
    leaf = NumberAttribute(null=True)
    entries = BinaryAttribute(legacy_encoding=False, null=True)


class IndexTable:
    """See LogIndex."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(IndexItem, table)

    def find(self, entries: Sequence[tuple[str, str]]) -> Mapping[str, int]:
        keys = list(dict.fromkeys((stream_edge(stream), name) for stream, name in entries))
        return {item.position: int(item.leaf) for item in dynamo.get_many(self._item, keys)}

    def write(self, entries: Sequence[IndexedEntry]) -> None:
        dynamo.put_many(self._item, list(self._items(entries)))

    def page(self, edge: str, after: int, limit: int, *, consistent: bool = False) -> Sequence[IndexedEntry]:
        found: list[IndexedEntry] = []
        rest: Mapping[str, Any] | None = None
        while len(found) < limit:
            items, rest = dynamo.query(
                self._item,
                edge,
                self._item.position > _padded(after),
                limit=limit,
                start=rest,
                consistent=consistent,
            )
            listed = (entry for item in items for entry in _decode(item.entries))
            found.extend(entry for entry in listed if entry.index > after)
            if rest is None:
                break
        return found[:limit]

    def latest(self, edge: str, before: int | None, limit: int) -> Sequence[IndexedEntry]:
        found: list[IndexedEntry] = []
        below = None
        if before is not None:
            below = self._item.position < _padded(before)
            # The item that `before` falls into is named by its last entry, which may be beyond.
            items, _ = dynamo.query(self._item, edge, self._item.position >= _padded(before), limit=1)
            found += (entry for entry in _newest_first(items) if entry.index < before)
        rest: Mapping[str, Any] | None = None
        while len(found) < limit:
            items, rest = dynamo.query(self._item, edge, below, limit=limit, start=rest, descending=True)
            found += _newest_first(items)
            if rest is None:
                break
        return found[:limit]

    def erase(self, entry: IndexedEntry) -> None:
        gone = replace(entry, subjects=(), nodes=(), erased=True)
        kept = set(edges_of(gone))
        for edge in dict.fromkeys(edges_of(entry)):
            self._rewrite(edge, entry, gone if edge in kept else None)

    def _rewrite(self, edge: str, entry: IndexedEntry, after: IndexedEntry | None) -> None:
        """Replace an entry on an edge, or take it off; the condition is the text that was read."""
        for _ in range(_ROUNDS):
            place = self._item.position >= _padded(entry.index)
            items, _rest = dynamo.query(self._item, edge, place, limit=1)
            listed = list(_decode(items[0].entries)) if items else []
            if not items or all(one.index != entry.index for one in listed):
                return
            item, unchanged = items[0], self._item.entries == items[0].entries
            changed = [after if one.index == entry.index else one for one in listed]
            left = [one for one in changed if one is not None]
            try:
                if left:
                    dynamo.save(self._item(edge, item.position, entries=_encode(left)), unchanged)
                else:
                    dynamo.delete(self._item(edge, item.position), unchanged)
            except ConflictError:
                continue
            return
        raise ContendedError(f"the index kept changing at {entry.index}")

    def _items(self, entries: Sequence[IndexedEntry]) -> Iterator[IndexItem]:
        edges: dict[str, list[IndexedEntry]] = {}
        for entry in entries:
            yield self._item(stream_edge(entry.stream), entry.entry_id, leaf=entry.index)
            for edge in dict.fromkeys(edges_of(entry)):
                edges.setdefault(edge, []).append(entry)
        for edge, listed in edges.items():
            for start in range(0, len(listed), GROUP):
                group = listed[start : start + GROUP]
                yield self._item(edge, _padded(group[-1].index), entries=_encode(group))


def _newest_first(items: Sequence[IndexItem]) -> Iterator[IndexedEntry]:
    for item in items:
        yield from reversed(list(_decode(item.entries)))


def _padded(index: int) -> str:
    return f"{max(index, -1) + 1:020d}"


def _encode(entries: Sequence[IndexedEntry]) -> bytes:
    rows = [[e.entry_id, e.index, e.actor, e.type, e.stream, rfc3339(e.time), *_about(e)] for e in entries]
    return deflated(json.dumps(rows, separators=(",", ":")).encode())


def _about(entry: IndexedEntry) -> Sequence[str | None]:
    return (None,) if entry.erased else entry.subjects


def _decode(data: bytes) -> Iterator[IndexedEntry]:
    for name, index, actor, kind, stream, time, *subjects in json.loads(inflated(data)):
        erased = subjects == [None]
        about = () if erased else tuple(subjects)
        at = datetime.fromisoformat(time)
        yield IndexedEntry(name, index, actor, kind, stream, at, about, erased=erased)
