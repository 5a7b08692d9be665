"""Results on DynamoDB: table `gates`, one item a result."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo

_document: Final = TypeAdapter(dict[str, Any])


class ResultItem(Model):
    """A result under its repository and time, as JSON."""

    class Meta:
        table_name = "gates"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    document = UnicodeAttribute()


class ResultTable:
    """See Results."""

    def __init__(self, gates: str) -> None:
        self._item = dynamo.bind(ResultItem, gates)

    def keep(self, place: tuple[str, str], document: Mapping[str, Any]) -> None:
        text = json.dumps(dict(document), separators=(",", ":"))
        dynamo.save(self._item(*place, document=text), self._item.pk.does_not_exist())

    def get(self, place: tuple[str, str]) -> Mapping[str, Any] | None:
        item = dynamo.get(self._item, *place)
        return None if item is None else _document.validate_json(item.document)

    def newest(
        self, repository: str, limit: int, before: str | None
    ) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        condition = None if before is None else self._item.sk < before
        items = dynamo.query(self._item, repository, condition, limit=limit, descending=True)[0]
        found = [_document.validate_json(item.document) for item in items]
        return found, items[-1].sk if len(items) == limit else None
