"""Slots of check runs in DynamoDB, one a commit and name, and the pull requests that wait for a merge."""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError

from functions.pr.check import Place, Slot
from functions.pr.note import Pull
from functions.pr.table import PullItem
from writ.adapters import dynamo
from writ.contracts.errors import ConflictError, TransientError, WritError

_CHECK: Final = "check#"
_WAITING: Final = "waiting"


class SlotTable:
    """See Slots."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(PullItem, table)

    def slot(self, place: Place) -> Slot | None:
        item = dynamo.get(self._item, place.key, _CHECK + place.name)
        try:
            return None if item is None else Slot.model_validate_json(item.document)
        except ValidationError:
            raise WritError("what was kept of a check run does not read", code="pr.memory") from None

    def replace(self, place: Place, before: Slot | None, after: Slot) -> None:
        if after == before:
            return
        unchanged = (
            self._item.pk.does_not_exist()
            if before is None
            else self._item.document == before.model_dump_json()
        )
        item = self._item(place.key, _CHECK + place.name, document=after.model_dump_json())
        try:
            dynamo.save(item, unchanged)
        except ConflictError:
            raise TransientError("another attempt is at it", code="dependency.contended") from None

    def waiting(self, limit: int) -> list[Pull]:
        items, _ = dynamo.query(self._item, _WAITING, None, limit=limit, consistent=True)
        try:
            return [Pull.model_validate_json(item.document) for item in items]
        except ValidationError:
            raise WritError("what was kept of a pull request does not read", code="pr.memory") from None

    def is_waiting(self, pull: Pull) -> bool:
        return dynamo.get(self._item, _WAITING, pull.key) is not None

    def wait(self, pull: Pull, *, waiting: bool) -> None:
        item = self._item(_WAITING, pull.key, document=pull.model_dump_json())
        if waiting:
            dynamo.save(item)
        else:
            dynamo.delete(item)
