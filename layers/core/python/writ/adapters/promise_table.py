"""PromiseStore on DynamoDB: each promise once, whatever number of bundles carries it."""

from __future__ import annotations

from datetime import UTC, datetime

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.ports.ledger import KeptPromise


class PromiseItem(Model):
    """A promise by `<log id in hex>#<leaf index>`; the time in seconds since 1970."""

    class Meta:
        table_name = "promises"

    leaf = UnicodeAttribute(hash_key=True)
    integrated_at = NumberAttribute()
    signature = BinaryAttribute(legacy_encoding=False)


class PromiseTable:
    """See PromiseStore."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(PromiseItem, table)

    def get(self, log_id: bytes, index: int) -> KeptPromise | None:
        item = dynamo.get(self._item, _key(log_id, index))
        if item is None:
            return None
        return KeptPromise(datetime.fromtimestamp(int(item.integrated_at), UTC), item.signature)

    def put(self, log_id: bytes, index: int, promise: KeptPromise) -> None:
        seconds = int(promise.integrated_at.timestamp())
        item = self._item(_key(log_id, index), integrated_at=seconds, signature=promise.signature)
        dynamo.save(item, self._item.leaf.does_not_exist())


def _key(log_id: bytes, index: int) -> str:
    return f"{log_id.hex()}#{index}"
