"""ControlStore on DynamoDB: table `controls`, one item a document and one an effect that happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.contracts.errors import ConflictError
from writ.ports.controls import Key

_observed: Final = TypeAdapter(dict[str, Any])


class ControlItem(Model):
    """What people set: a pause, the freezes, the exceptions, each a JSON document."""

    class Meta:
        table_name = "controls"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    document = UnicodeAttribute(null=True)


class ControlTable:
    """See ControlStore. The condition is the text itself, so it also replaces what nobody can read."""

    def __init__(self, controls: str) -> None:
        self._item = dynamo.bind(ControlItem, controls)

    def read(self, key: Key) -> str | None:
        item = dynamo.get(self._item, *key)
        return None if item is None else item.document

    def applied(self, action_id: str) -> Mapping[str, Any] | None:
        item = dynamo.get(self._item, *_mark(action_id))
        return None if item is None or item.document is None else _observed.validate_json(item.document)

    def replace(
        self, key: Key, before: str | None, after: str, *, action_id: str, observed: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        document = self._item.document
        unchanged = document.does_not_exist() if before is None else document == before
        mark = self._item(*_mark(action_id), document=json.dumps(dict(observed), separators=(",", ":")))
        try:
            with dynamo.transaction() as transaction:
                transaction.save(mark, condition=self._item.pk.does_not_exist())
                transaction.save(self._item(*key, document=after), condition=unchanged)
        except dynamo.TransactionRefusedError:
            earlier = self.applied(action_id)
            if earlier is None:
                raise ConflictError(f"{'/'.join(key)} is not what it was") from None
            return earlier
        return observed


def _mark(action_id: str) -> Key:
    return (f"effect#{action_id}", "observed")
