"""EntryStore on DynamoDB: envelopes written once, packed so that most take one write unit.

Those about people are sealed, and written together with their place under each key: in one transaction
that holds only while every key is present, so that no entry can slip in behind an erasure.
"""

from __future__ import annotations

import random
import secrets
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from pynamodb.attributes import BinaryAttribute, ListAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.adapters.deflate import deflated, inflated
from writ.contracts.errors import ConflictError, ContendedError, TransientError, WritError
from writ.contracts.statement import erasure_id
from writ.ports.ledger import Erased, StoredEntry, SubjectKey

if TYPE_CHECKING:
    from writ.adapters.key_table import KeyTable
    from writ.ledger.dsse import Envelope

# A partition takes 1,000 writes a second, so a minute is spread over several:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-sharding.html
SHARDS: Final = 8
_PAGE: Final = 1000
_ROUNDS: Final = 6
_PAUSE_S: Final = 0.02


class _Appended(GlobalSecondaryIndex["EntryItem"]):
    class Meta:
        index_name = "appended"
        projection = IncludeProjection(["appended_at"])

    minute = UnicodeAttribute(hash_key=True)
    entry_id = UnicodeAttribute(range_key=True)


class EntryItem(Model):
    """`payload` is the statement, deflated; with `signature` it makes the envelope again.

    With `keys` it is sealed as well, and `digest` is its SHA-256. Of an erased entry there is no payload and
    no subject left; `erased_by` is the entry of its erasure.
    """

    class Meta:
        table_name = "entries"

    entry_id = UnicodeAttribute(hash_key=True)
    payload = BinaryAttribute(legacy_encoding=False, null=True)
    signature = BinaryAttribute(legacy_encoding=False)
    certificate = UnicodeAttribute()
    actor = UnicodeAttribute()
    type = UnicodeAttribute()
    stream = UnicodeAttribute()
    previous = UnicodeAttribute(null=True)
    subjects: ListAttribute[Any] = ListAttribute()
    time = UnicodeAttribute()
    appended_at = UnicodeAttribute()
    minute = UnicodeAttribute()
    keys: ListAttribute[Any] = ListAttribute(null=True)
    digest = BinaryAttribute(legacy_encoding=False, null=True)
    erased_by = UnicodeAttribute(null=True)

    appended = _Appended()


class EntryTable:
    """See EntryStore. Without `keys` it neither takes nor reads what is about people."""

    def __init__(self, table: str, keys: KeyTable | None = None) -> None:
        self._item = dynamo.bind(EntryItem, table)
        self._keys = keys

    @classmethod
    def sealing(cls, table: str, subjects: str, wrapping: str) -> Self:
        """A table that takes what is about people too; `wrapping` is the KMS key around their data keys."""
        from writ.adapters.key_table import KeyTable
        from writ.adapters.kms import KmsWrapping

        return cls(table, KeyTable(subjects, KmsWrapping(wrapping)))

    def append(self, entry: StoredEntry) -> None:
        if entry.persons:
            self._append_sealed(entry)
        else:
            envelope = _decoded(entry)
            item = _to_item(self._item, entry, envelope.signature, deflated(envelope.payload))
            dynamo.save(item, self._item.entry_id.does_not_exist())

    def get_many(self, entry_ids: Sequence[str]) -> Mapping[str, StoredEntry]:
        names = list(dict.fromkeys(entry_ids))
        if len(names) == 1:  # a single read costs half a round trip less than a batch of one
            item = dynamo.get(self._item, names[0])
            return {} if item is None else {names[0]: self._read(item)}
        return {item.entry_id: self._read(item) for item in dynamo.get_many(self._item, names)}

    def appended_in(self, minute: datetime) -> Iterable[str]:
        shards = (_minute(minute, shard) for shard in range(SHARDS))
        return [
            item.entry_id
            for shard in shards
            for item in dynamo.each(self._item.appended, shard, at_once=_PAGE)
        ]

    def _append_sealed(self, entry: StoredEntry) -> None:
        table = self._key_table()
        for attempt in range(_ROUNDS):
            keys = table.current(entry.persons)
            try:
                self._write_sealed(entry, keys, table)
                return
            except dynamo.TransactionRefusedError as refused:
                if len(keys) in refused.failed:  # the checks of the keys come before what is put
                    raise ConflictError(f"there is an entry {entry.entry_id}") from None
                table.forget(keys)
            except TransientError:
                # Two statements about one person at once contend for the same key.
                if attempt == _ROUNDS - 1:
                    raise
                time.sleep(_PAUSE_S * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311
        raise ContendedError("a person's data key kept changing")

    def _write_sealed(self, entry: StoredEntry, keys: Sequence[SubjectKey], table: KeyTable) -> None:
        from writ.adapters.key_table import ACTIVE, ENTRY, KEY
        from writ.ledger.sealing import NONCE_BYTES, seal

        envelope = _decoded(entry)
        sealed = seal(deflated(envelope.payload), entry.entry_id, keys, secrets.token_bytes(NONCE_BYTES))
        item = _to_item(self._item, entry, envelope.signature, sealed)
        item.keys = sorted(key.ref for key in keys)
        item.digest = bytes.fromhex(envelope.payload_sha256)
        with dynamo.transaction() as transaction:
            for key in keys:
                transaction.condition_check(table.item, key.ref, KEY, table.item.state == ACTIVE)
            transaction.save(item, condition=self._item.entry_id.does_not_exist())
            for key in keys:
                transaction.save(table.item(key.ref, ENTRY + entry.entry_id, stream=entry.stream))

    def _read(self, item: EntryItem) -> StoredEntry:
        """The entry of an item; one whose key is gone is erased, whether or not its item says so yet."""
        if item.erased_by is None and not item.keys:
            return to_entry(item, item.payload or b"")
        if item.erased_by is None and item.payload is not None:
            from writ.ledger.sealing import unseal

            refs = [str(ref) for ref in item.keys or ()]
            keys = self._key_table().find(refs)
            if len(keys) == len(refs):
                return to_entry(item, unseal(item.payload, item.entry_id, list(keys.values())))
            return to_entry(item, None, erased_by=erasure_id(next(ref for ref in refs if ref not in keys)))
        return to_entry(item, None, erased_by=item.erased_by)

    def _key_table(self) -> KeyTable:
        if self._keys is None:
            raise WritError("entries about people need the keys of people", code="ledger.no_keys")
        return self._keys


def to_entry(item: EntryItem, payload: bytes | None, erased_by: str | None = None) -> StoredEntry:
    """The entry of an item and its deflated payload, None where that is erased."""
    erased = None
    if payload is None:
        erased = Erased((item.digest or b"").hex(), erased_by or "")
    return StoredEntry(
        entry_id=item.entry_id,
        envelope=b"" if payload is None else _encoded(inflated(payload), item.signature),
        certificate=item.certificate,
        actor=item.actor,
        type=item.type,
        stream=item.stream,
        previous=item.previous,
        subjects=tuple(map(str, item.subjects)),
        time=datetime.fromisoformat(item.time),
        appended_at=datetime.fromisoformat(item.appended_at),
        keys=tuple(map(str, item.keys or ())),
        erased=erased,
    )


def _encoded(payload: bytes, signature: bytes) -> bytes:
    from writ.ledger.dsse import Envelope  # and cryptography with it: no start reads or writes an entry

    return Envelope(payload, signature).encode()


def _decoded(entry: StoredEntry) -> Envelope:
    from writ.ledger.dsse import decode

    return decode(entry.envelope)


def _to_item(model: type[EntryItem], entry: StoredEntry, signature: bytes, payload: bytes) -> EntryItem:
    return model(
        entry.entry_id,
        payload=payload,
        signature=signature,
        certificate=entry.certificate,
        actor=entry.actor,
        type=entry.type,
        stream=entry.stream,
        previous=entry.previous,
        subjects=list(entry.subjects),
        time=entry.time.isoformat(),
        appended_at=entry.appended_at.isoformat(),
        minute=_minute(entry.appended_at, zlib.crc32(entry.entry_id.encode()) % SHARDS),
    )


def _minute(instant: datetime, shard: int) -> str:
    return f"{instant.astimezone(UTC):%Y%m%d%H%M}#{shard}"
