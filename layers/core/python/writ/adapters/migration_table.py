"""Migrations on DynamoDB: table `migrations`, an item each, and one a table of the service that is held.

The epoch is an attribute of its own, for what is written on behalf of a migration is conditional on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.contracts.errors import ConflictError
from writ.migration.state import Record

EPOCH: Final = "epoch"
_OPEN: Final = "open"
_OVER: Final = "over"
_AT_ONCE: Final = 100


class _Listing(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing = UnicodeAttribute(hash_key=True)
    pk = UnicodeAttribute(range_key=True)


class _ByService(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_service"
        projection = AllProjection()

    service = UnicodeAttribute(hash_key=True)
    pk = UnicodeAttribute(range_key=True)


class MigrationItem(Model):
    """A record as JSON, or the id of the migration that holds a table."""

    class Meta:
        table_name = "migrations"

    pk = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(null=True)
    epoch = NumberAttribute(null=True)
    listing = UnicodeAttribute(null=True)
    service = UnicodeAttribute(null=True)
    held_by = UnicodeAttribute(null=True)
    document = UnicodeAttribute(null=True)
    by_listing = _Listing()
    of_service = _ByService()


class MigrationTable:
    """See Migrations."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(MigrationItem, table)

    def read(self, id: str) -> Record | None:
        item = dynamo.get(self._item, id)
        return None if item is None else _record(item)

    def holder(self, table: str) -> str | None:
        item = dynamo.get(self._item, _lock(table))
        return None if item is None else item.held_by

    def start(self, record: Record) -> None:
        free = self._item.held_by.does_not_exist() | (self._item.held_by == "")
        fresh = self._item.pk.does_not_exist()
        if record.dry_run:
            try:
                dynamo.save(self._made(record), fresh)
            except ConflictError:
                message = "there is a migration of this id"
                raise ConflictError(message, code="conflict.migration", field="id") from None
            return
        try:
            with dynamo.transaction() as transaction:
                transaction.save(self._made(record), condition=fresh)
                transaction.save(self._held(record.document.table, record.id), condition=free)
        except dynamo.TransactionRefusedError as error:
            why = "there is a migration of this id" if 0 in error.failed else "one is open for this table"
            raise ConflictError(why, code="conflict.migration", field="id") from None

    def write(self, before: Record, after: Record) -> None:
        unchanged = self._item.version == before.version
        if after.dry_run or (before.final is None) is (after.final is None):
            dynamo.save(self._made(after), unchanged)
            return
        table, opens = after.document.table, after.final is None
        free = self._item.held_by.does_not_exist() | (self._item.held_by == "")
        lock = self._held(table, after.id if opens else "")
        try:
            with dynamo.transaction() as transaction:
                transaction.save(self._made(after), condition=unchanged)
                transaction.save(lock, condition=free if opens else self._item.held_by == after.id)
        except dynamo.TransactionRefusedError as error:
            if opens and 0 not in error.failed:
                message = "another migration is open for this table"
                raise ConflictError(message, code="conflict.migration", field="id") from None
            raise ConflictError(f"{after.id} is not what it was") from None

    def open(self) -> Sequence[Record]:
        return self._listed(self._item.by_listing, _OPEN)

    def all(self) -> Sequence[Record]:
        return [*self.open(), *self._listed(self._item.by_listing, _OVER)]

    def of(self, service: str) -> Sequence[Record]:
        return self._listed(self._item.of_service, service)

    def _made(self, record: Record) -> MigrationItem:
        return self._item(
            record.id,
            version=record.version,
            epoch=record.epoch,
            listing=_OPEN if record.final is None else _OVER,
            service=record.document.service,
            document=record.model_dump_json(exclude_none=True),
        )

    def _held(self, table: str, id: str) -> MigrationItem:
        return self._item(_lock(table), held_by=id)

    def _listed(self, index: Any, key: str) -> list[Record]:
        return [_record(item) for item in dynamo.each(index, key, at_once=_AT_ONCE)]


def _record(item: MigrationItem) -> Record:
    return Record.model_validate_json(item.document or "")


def _lock(table: str) -> str:
    """No id of a migration has this sign."""
    return f"table#{table}"
