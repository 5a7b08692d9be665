"""Payloads on DynamoDB: reads entries without opening them, and strips them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from functions.erasures.model import Kept
from writ.adapters import dynamo
from writ.adapters.deflate import inflated
from writ.adapters.entry_table import EntryItem
from writ.contracts.errors import ConflictError
from writ.ports.ledger import IndexedEntry


class PayloadTable:
    """See Payloads. It needs no key: what it reads is what lies beside the payload."""

    def __init__(self, entries: str) -> None:
        self._item = dynamo.bind(EntryItem, entries)

    def read(self, entry_ids: Sequence[str]) -> Mapping[str, Kept]:
        names = list(dict.fromkeys(entry_ids))
        return {item.entry_id: _kept(item) for item in dynamo.get_many(self._item, names)}

    def erase(self, kept: Kept, by: str) -> None:
        item = self._item
        changes = [
            item.payload.remove(),
            item.subjects.set([]),
            item.digest.set(bytes.fromhex(kept.payload_sha256)),
            item.erased_by.set(by),
        ]
        condition = item.entry_id.exists() & item.erased_by.does_not_exist()
        try:
            dynamo.update(item(kept.entry.entry_id), changes, condition)
        except ConflictError:
            return  # another erasure came first, or this one did


def _kept(item: EntryItem) -> Kept:
    digest = item.digest.hex() if item.digest else sha256(inflated(item.payload or b"")).hexdigest()
    entry = IndexedEntry(
        entry_id=item.entry_id,
        index=-1,
        actor=item.actor,
        type=item.type,
        stream=item.stream,
        time=datetime.fromisoformat(item.time),
        subjects=tuple(map(str, item.subjects)),
    )
    return Kept(entry, digest, datetime.fromisoformat(item.appended_at), item.erased_by)
