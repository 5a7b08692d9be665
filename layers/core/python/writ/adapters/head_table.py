"""HeadStore on DynamoDB: one item, changed by compare-and-set on its version."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.ports.ledger import Head

HEAD: Final = "head"
SWEPT: Final = "swept"


class LogItem(Model):
    """The head under `head`; under `swept` how far entries were checked for integration."""

    class Meta:
        table_name = "log"

    pk = UnicodeAttribute(hash_key=True)
    size = NumberAttribute(null=True)
    root = BinaryAttribute(legacy_encoding=False, null=True)
    base = NumberAttribute(null=True)
    applied = BooleanAttribute(null=True)
    published_at = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    minute = UnicodeAttribute(null=True)


class HeadTable:
    """See HeadStore."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(LogItem, table)

    def read(self) -> Head:
        item = dynamo.get(self._item, HEAD)
        if item is None:
            return Head()
        return Head(
            size=int(item.size),
            root=item.root,
            base=int(item.base),
            applied=item.applied,
            published_at=datetime.fromisoformat(item.published_at) if item.published_at else None,
            version=int(item.version),
        )

    def swap(self, before: Head, after: Head) -> None:
        item = self._item(
            HEAD,
            size=after.size,
            root=after.root,
            base=after.base,
            applied=after.applied,
            published_at=after.published_at.isoformat() if after.published_at else None,
            version=after.version,
        )
        first = before.version == 0
        unchanged = self._item.pk.does_not_exist() if first else self._item.version == before.version
        dynamo.save(item, unchanged)

    def read_swept(self) -> datetime | None:
        item = dynamo.get(self._item, SWEPT)
        return None if item is None else datetime.fromisoformat(item.minute)

    def write_swept(self, minute: datetime) -> None:
        dynamo.save(self._item(SWEPT, minute=minute.isoformat()))
