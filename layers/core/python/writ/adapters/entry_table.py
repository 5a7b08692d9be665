"""EntryStore on DynamoDB: envelopes written once, packed so that most take one write unit."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pynamodb.attributes import BinaryAttribute, ListAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.adapters.deflate import deflated, inflated
from writ.ledger.dsse import Envelope, decode
from writ.ports.ledger import StoredEntry

# A partition takes 1,000 writes a second, so a minute is spread over several:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-sharding.html
SHARDS: Final = 8
_PAGE: Final = 1000


class _Appended(GlobalSecondaryIndex["EntryItem"]):
    class Meta:
        index_name = "appended"
        projection = IncludeProjection(["appended_at"])

    minute = UnicodeAttribute(hash_key=True)
    entry_id = UnicodeAttribute(range_key=True)


class EntryItem(Model):
    """`payload` is the statement, deflated; with `signature` it makes the envelope again."""

    class Meta:
        table_name = "entries"

    entry_id = UnicodeAttribute(hash_key=True)
    payload = BinaryAttribute(legacy_encoding=False)
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

    appended = _Appended()


class EntryTable:
    """See EntryStore."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(EntryItem, table)

    def append(self, entry: StoredEntry) -> None:
        dynamo.save(_to_item(self._item, entry), self._item.entry_id.does_not_exist())

    def get_many(self, entry_ids: Sequence[str]) -> Mapping[str, StoredEntry]:
        names = list(dict.fromkeys(entry_ids))
        if len(names) == 1:  # a single read costs half a round trip less than a batch of one
            item = dynamo.get(self._item, names[0])
            return {} if item is None else {names[0]: to_entry(item)}
        return {item.entry_id: to_entry(item) for item in dynamo.get_many(self._item, names)}

    def appended_in(self, minute: datetime) -> Iterable[str]:
        found: list[str] = []
        for shard in range(SHARDS):
            rest: Mapping[str, object] | None = None
            while True:
                items, rest = dynamo.query(
                    self._item.appended, _minute(minute, shard), limit=_PAGE, start=rest
                )
                found.extend(item.entry_id for item in items)
                if rest is None:
                    break
        return found


def to_entry(item: EntryItem) -> StoredEntry:
    """The entry of an item."""
    return StoredEntry(
        entry_id=item.entry_id,
        envelope=Envelope(inflated(item.payload), item.signature).encode(),
        certificate=item.certificate,
        actor=item.actor,
        type=item.type,
        stream=item.stream,
        previous=item.previous,
        subjects=tuple(map(str, item.subjects)),
        time=datetime.fromisoformat(item.time),
        appended_at=datetime.fromisoformat(item.appended_at),
    )


def _to_item(model: type[EntryItem], entry: StoredEntry) -> EntryItem:
    envelope = decode(entry.envelope)
    return model(
        entry.entry_id,
        payload=deflated(envelope.payload),
        signature=envelope.signature,
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
