"""What one commit adds to the log, and how it is staged so that anyone can finish the commit."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from writ.contracts.errors import WritError
from writ.contracts.statement import rfc3339
from writ.ledger.canonical import canonical
from writ.ledger.dsse import decode
from writ.ledger.errors import VerificationError
from writ.ports.ledger import IndexedEntry, StoredEntry


@dataclass(frozen=True, slots=True)
class Leaves:
    """Leaves to append, in order, with the index entry of each."""

    base: int
    leaves: tuple[bytes, ...]
    entries: tuple[IndexedEntry, ...]

    @classmethod
    def of(cls, base: int, members: Iterable[tuple[StoredEntry, bytes]]) -> Leaves:
        """Number entries and their leaves from `base` on."""
        numbered = list(enumerate(members, base))
        return cls(
            base,
            tuple(leaf for _, (_, leaf) in numbered),
            tuple(
                IndexedEntry(
                    entry.entry_id,
                    index,
                    entry.actor,
                    entry.type,
                    entry.stream,
                    entry.time,
                    entry.subjects,
                    _nodes(entry),
                )
                for index, (entry, _) in numbered
            ),
        )

    def encode(self) -> bytes:
        """The staged form; the same leaves at the same base always have the same bytes."""
        return canonical(
            {
                "base": self.base,
                "entries": [
                    {
                        "id": entry.entry_id,
                        "leaf": b64encode(leaf).decode(),
                        "actor": entry.actor,
                        "type": entry.type,
                        "stream": entry.stream,
                        "time": rfc3339(entry.time),
                        "subjects": list(entry.subjects),
                        "nodes": list(entry.nodes),
                    }
                    for entry, leaf in zip(self.entries, self.leaves, strict=True)
                ],
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Leaves:
        """Read a staged batch. Raises WritError `ledger.corrupt` for anything `encode` does not write."""
        try:
            staged = json.loads(data)
            base = int(staged["base"])
            entries = [_read_entry(item, base + number) for number, item in enumerate(staged["entries"])]
            leaves = [b64decode(item["leaf"], validate=True) for item in staged["entries"]]
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise WritError("a staged batch is unreadable", code="ledger.corrupt") from None
        return cls(base, tuple(leaves), tuple(entries))


def staging_path(size: int, root: bytes, base: int) -> str:
    """Where the batch that leads from a tree of `base` leaves to this head is staged.

    The base is part of the name: a sequencer that lost may have staged the same head from an earlier one.
    """
    return f"staging/{size:020d}-{root.hex()}-{base}"


def in_stream_order(entries: Mapping[str, StoredEntry], order: Sequence[str]) -> list[StoredEntry]:
    """The entries as ordered, but none before the statement it follows in its stream."""
    placed: dict[str, StoredEntry] = {}
    for entry_id in order:
        chain: list[StoredEntry] = []
        current: str | None = entry_id
        while current is not None and current in entries and current not in placed:
            if any(entry.entry_id == current for entry in chain):
                break  # a ring cannot be signed in good faith; its links fail verification
            chain.append(entries[current])
            current = entries[current].previous
        for entry in reversed(chain):
            placed[entry.entry_id] = entry
    return list(placed.values())


def with_previous(entries: Iterable[StoredEntry]) -> list[tuple[str, str]]:
    """Entries and those they follow. A list: a port that is called again must see all of it again."""
    pairs = []
    for entry in entries:
        pairs.append((entry.stream, entry.entry_id))
        if entry.previous:
            pairs.append((entry.stream, entry.previous))
    return pairs


def _read_entry(item: Mapping[str, object], index: int) -> IndexedEntry:
    subjects, nodes = item["subjects"], item["nodes"]
    if not isinstance(subjects, list) or not isinstance(nodes, list):
        raise TypeError
    return IndexedEntry(
        str(item["id"]),
        index,
        str(item["actor"]),
        str(item["type"]),
        str(item["stream"]),
        datetime.fromisoformat(str(item["time"])),
        tuple(map(str, subjects)),
        tuple(map(str, nodes)),
    )


def _nodes(entry: StoredEntry) -> tuple[str, ...]:
    """What the graph finds the entry by; nothing for one that does not read, which no check has passed."""
    from writ.ledger.evidence import read_statement  # certificates, which a start without a batch needs not
    from writ.ledger.reading import nodes_of

    try:
        return nodes_of(read_statement(decode(entry.envelope).payload))
    except VerificationError:
        return ()
