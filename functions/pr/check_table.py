"""Slots of check runs in DynamoDB, one a commit and name, and the pull requests that wait for a merge."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter, ValidationError

from functions.pr.check import Place, Slot
from functions.pr.note import Pull
from functions.pr.table import PullItem
from writ.adapters import dynamo
from writ.contracts.errors import PermanentError, WritError

_CHECK: Final = "check#"
_WAITING: Final = ("merge", "waiting")
_pulls: Final = TypeAdapter(list[Pull])
# As many as go into one item; see its limit of 400 KB.
MOST_WAITING: Final = 1000


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
        dynamo.replace(item, unchanged)

    def waiting(self, limit: int) -> list[Pull]:
        return self._waiting()[1][:limit]

    def is_waiting(self, pull: Pull) -> bool:
        return pull.key in {each.key for each in self._waiting()[1]}

    def wait(self, pull: Pull, *, waiting: bool) -> None:
        before, pulls = self._waiting()
        others = [each for each in pulls if each.key != pull.key]
        after = sorted([*others, pull] if waiting else others, key=lambda each: each.key)
        if len(after) > MOST_WAITING:
            raise PermanentError("more pull requests wait than are looked at", code="pr.crowded")
        unchanged = self._item.pk.does_not_exist() if before is None else self._item.document == before
        dynamo.replace(self._item(*_WAITING, document=_pulls.dump_json(after).decode()), unchanged)

    def _waiting(self) -> tuple[str | None, list[Pull]]:
        """As it is kept, and read: one document, for nothing that is kept here is ever deleted."""
        item = dynamo.get(self._item, *_WAITING)
        try:
            return (None, []) if item is None else (item.document, _pulls.validate_json(item.document))
        except ValidationError:
            raise WritError("what was kept of a pull request does not read", code="pr.memory") from None
