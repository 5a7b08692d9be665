"""Evidence as callers see it. Every answer carries the leaf index, so that it can be audited."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from writ.contracts.statement import rfc3339
from writ.ledger.log import Head
from writ.ledger.merkle import leaf_hash
from writ.ports.ledger import IndexedEntry, StoredEntry


def line(entry: IndexedEntry) -> dict[str, Any]:
    """One line of a search."""
    return {
        "entry": entry.entry_id,
        "index": entry.index,
        "actor": entry.actor,
        "type": entry.type,
        "stream": entry.stream,
        "time": rfc3339(entry.time),
        "subjects": list(entry.subjects),
        "erased": entry.erased,
    }


def evidence(entry: StoredEntry, index: int | None, certificate: bytes | None) -> dict[str, Any]:
    """One statement: as signed, read, and with its signer's certificate.

    `envelope` has the canonical bytes that the leaf hashes; `index` is null until they are in the log.
    """
    from writ.ledger.dsse import decode  # a search has no use for signatures

    envelope = decode(entry.envelope)
    return {
        "entry": entry.entry_id,
        "index": index,
        "statement": json.loads(envelope.payload),
        "envelope": json.loads(entry.envelope),
        "certificate": None if certificate is None else certificate.decode(),
        "proof": None if index is None else f"/v1/log/proof/{index}",
    }


def leaf(index: int, data: bytes) -> dict[str, Any]:
    """One leaf: its bytes, and what they hash to (RFC 6962 section 2.1)."""
    return {"index": index, "leaf": b64encode(data).decode(), "leaf_hash": _text(leaf_hash(data))}


def inclusion(index: int, data: bytes, size: int, proof: Sequence[bytes], head: Head) -> dict[str, Any]:
    """A proof that leaf `index` is in the tree of `size` leaves; the note signs the newest tree."""
    return {
        "index": index,
        "size": size,
        "leaf_hash": _text(leaf_hash(data)),
        "hashes": [_text(value) for value in proof],
        "root": _text(head.checkpoint.root) if size == head.size else None,
        "checkpoint": head.note.decode(),
    }


def consistency(first: int, second: int, proof: Sequence[bytes], head: Head) -> dict[str, Any]:
    """A proof that one tree begins another."""
    return {
        "first": first,
        "second": second,
        "hashes": [_text(value) for value in proof],
        "checkpoint": head.note.decode(),
    }


def _text(data: bytes) -> str:
    return b64encode(data).decode()
