"""WatchedLogs on DynamoDB: one item a log, whose newest head is changed by compare-and-set."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import BinaryAttribute, ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.ports.witness import SeenHead, WatchedLog


class WatchedItem(Model):
    """A log by its origin: the verifier keys it is believed by, and the newest head that was cosigned."""

    class Meta:
        table_name = "watched"

    origin = UnicodeAttribute(hash_key=True)
    keys: ListAttribute[Any] = ListAttribute()
    size = NumberAttribute(null=True)
    root = BinaryAttribute(legacy_encoding=False, null=True)


class WatchedTable:
    """See WatchedLogs."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(WatchedItem, table)

    def read(self, origin: str) -> WatchedLog | None:
        item = dynamo.get(self._item, origin)
        if item is None:
            return None
        seen = None if item.size is None else SeenHead(int(item.size), item.root)
        return WatchedLog(tuple(item.keys), seen)

    def advance(self, origin: str, before: SeenHead | None, after: SeenHead) -> None:
        item: Any = self._item
        if before is None:
            unchanged = item.origin.exists() & item.size.does_not_exist()
        else:
            unchanged = (item.size == before.size) & (item.root == before.root)
        dynamo.update(item(origin), [item.size.set(after.size), item.root.set(after.root)], unchanged)

    def watch(self, origin: str, keys: tuple[str, ...]) -> None:
        """From now on believe exactly these keys of a log; what was seen of it stays."""
        item: Any = self._item
        dynamo.update(item(origin), [item.keys.set(list(keys))])
