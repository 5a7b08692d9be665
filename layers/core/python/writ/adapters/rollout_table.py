"""Rollouts on DynamoDB: table `rollouts`, a row a service, an item a rollout that is over, and one a look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.contracts.errors import ConflictError
from writ.rollout.kept import KeptLook
from writ.rollout.state import Rollout, Row, service_of

ROW: Final = "row"
_OPEN: Final = "open"
_FREE: Final = "free"
_GUARDED: Final = "guarded"
_AT_ONCE: Final = 200


class _Listing(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing = UnicodeAttribute(hash_key=True)
    pk = UnicodeAttribute(range_key=True)


class RolloutItem(Model):
    """A document as JSON; a row has its version to hold a write against, and how its service is listed."""

    class Meta:
        table_name = "rollouts"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = NumberAttribute(null=True)
    listing = UnicodeAttribute(null=True)
    document = UnicodeAttribute()
    by_listing = _Listing()


class RolloutTable:
    """See Rollouts."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(RolloutItem, table)

    def read(self, service: str) -> Row | None:
        item = dynamo.get(self._item, service, ROW)
        return None if item is None else Row.model_validate_json(item.document)

    def write(
        self, before: Row | None, after: Row, closed: Rollout | None = None, look: KeptLook | None = None
    ) -> None:
        item = self._item(
            after.service,
            ROW,
            version=after.version,
            listing=_listing(after),
            document=after.model_dump_json(exclude_none=True),
        )
        unchanged = self._item.pk.does_not_exist() if before is None else self._item.version == before.version
        beside = [
            self._item(after.service, key, document=value.model_dump_json(exclude_none=True))
            for key, value in (
                *([(_past(closed.id), closed)] if closed is not None else []),
                *([(_looked(look.rollout, look.seq), look)] if look is not None else []),
            )
        ]
        if not beside:
            dynamo.save(item, unchanged)
            return
        try:
            with dynamo.transaction() as transaction:
                transaction.save(item, condition=unchanged)
                for each in beside:
                    transaction.save(each, condition=self._item.pk.does_not_exist())
        except dynamo.TransactionRefusedError:
            raise ConflictError(f"the row of {after.service} is not what it was") from None

    def find(self, rollout_id: str) -> Rollout | None:
        service = service_of(rollout_id)
        row = self.read(service)
        if row is not None and row.rollout is not None and row.rollout.id == rollout_id:
            return row.rollout
        item = dynamo.get(self._item, service, _past(rollout_id))
        return None if item is None else Rollout.model_validate_json(item.document)

    def open(self) -> Sequence[str]:
        return [row.rollout.id for row in self._listed(_OPEN) if row.rollout is not None]

    def rows(self) -> Sequence[Row]:
        return [row for listing in (_OPEN, _GUARDED, _FREE) for row in self._listed(listing)]

    def guarded(self) -> Sequence[Row]:
        return self._listed(_GUARDED)

    def past(self, service: str, limit: int) -> Sequence[Rollout]:
        over = self._item.sk.startswith("past/")
        items, _ = dynamo.query(self._item, service, over, limit=limit, descending=True, consistent=True)
        return [Rollout.model_validate_json(item.document) for item in items]

    def looks(self, rollout_id: str, limit: int) -> Sequence[KeptLook]:
        mine = self._item.sk.startswith(_looked(rollout_id))
        items, _ = dynamo.query(
            self._item, service_of(rollout_id), mine, limit=limit, descending=True, consistent=True
        )
        return [KeptLook.model_validate_json(item.document) for item in reversed(items)]

    def _listed(self, listing: str) -> list[Row]:
        items = dynamo.each(self._item.by_listing, listing, at_once=_AT_ONCE)
        return [Row.model_validate_json(item.document) for item in items]


def _listing(row: Row) -> str:
    if row.rollout is not None:
        return _OPEN
    return _FREE if row.guard is None else _GUARDED


def _past(rollout_id: str) -> str:
    """Sorts by number."""
    return f"past/{_number(rollout_id)}"


def _looked(rollout_id: str, seq: int | None = None) -> str:
    """Sorts by rollout and transition; without a transition it is what all of a rollout begin with."""
    return f"look/{_number(rollout_id)}/{'' if seq is None else f'{seq:06d}'}"


def _number(rollout_id: str) -> str:
    return f"{int(rollout_id.rpartition('-')[2]):010d}"
