"""Releases on DynamoDB: table `releases`, an item each, and one a package that is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.contracts.errors import ConflictError
from writ.release.record import Record

_OPEN: Final = "open"
_ALL: Final = "all"
_AT_ONCE: Final = 100


class _ByState(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_state"
        projection = AllProjection()

    state = UnicodeAttribute(hash_key=True)
    pk = UnicodeAttribute(range_key=True)


class _Listing(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing = UnicodeAttribute(hash_key=True)
    pk = UnicodeAttribute(range_key=True)


class ReleaseItem(Model):
    """A release as JSON, or the id of the release that holds a package."""

    class Meta:
        table_name = "releases"

    pk = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(null=True)
    state = UnicodeAttribute(null=True)
    listing = UnicodeAttribute(null=True)
    held_by = UnicodeAttribute(null=True)
    document = UnicodeAttribute(null=True)
    by_state = _ByState()
    listed = _Listing()


class ReleaseTable:
    """See Releases."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(ReleaseItem, table)

    def read(self, id: str) -> Record | None:
        item = dynamo.get(self._item, id)
        return None if item is None else _record(item)

    def holder(self, repository: str, package: str | None) -> str | None:
        item = dynamo.get(self._item, _lock(repository, package))
        return None if item is None else item.held_by or None

    def start(self, record: Record) -> None:
        try:
            with dynamo.transaction() as transaction:
                transaction.save(self._made(record), condition=self._item.pk.does_not_exist())
                transaction.save(self._held(record, record.id), condition=self._free)
        except dynamo.TransactionRefusedError as error:
            why = "there is a release of this id" if 0 in error.failed else "one is open for this package"
            raise ConflictError(why, code="conflict.release", field="package") from None

    def write(self, before: Record, after: Record) -> None:
        unchanged = self._item.version == before.version
        if (before.final is None) is (after.final is None):
            dynamo.save(self._made(after), unchanged)
            return
        opens = after.final is None
        mine = self._free if opens else self._item.held_by == after.id
        try:
            with dynamo.transaction() as transaction:
                transaction.save(self._made(after), condition=unchanged)
                transaction.save(self._held(after, after.id if opens else ""), condition=mine)
        except dynamo.TransactionRefusedError as error:
            if opens and 0 not in error.failed:
                message = "another release of this package is open"
                raise ConflictError(message, code="conflict.release", field="id") from None
            raise ConflictError(f"{after.id} is not what it was") from None

    def open(self) -> Sequence[Record]:
        return [_record(item) for item in dynamo.each(self._item.by_state, _OPEN, at_once=_AT_ONCE)]

    def newest(self, limit: int, before: str | None) -> tuple[Sequence[Record], str | None]:
        condition = None if before is None else self._item.pk < before
        items = dynamo.query(self._item.listed, _ALL, condition, limit=limit, descending=True)[0]
        return [_record(item) for item in items], items[-1].pk if len(items) == limit else None

    @property
    def _free(self) -> Any:
        return self._item.held_by.does_not_exist() | (self._item.held_by == "")

    def _made(self, record: Record) -> ReleaseItem:
        return self._item(
            record.id,
            version=record.version,
            state=_OPEN if record.final is None else "over",
            listing=_ALL,
            document=record.model_dump_json(exclude_none=True),
        )

    def _held(self, record: Record, id: str) -> ReleaseItem:
        return self._item(_lock(record.repository, record.package), held_by=id)


def _record(item: ReleaseItem) -> Record:
    return Record.model_validate_json(item.document or "")


def _lock(repository: str, package: str | None) -> str:
    """No id of a release has this sign."""
    return f"package#{repository.lower()}#{package or ''}"
