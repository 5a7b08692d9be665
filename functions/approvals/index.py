"""Lists of actions on DynamoDB, through the indexes `recent` and `open` of the table of actions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from functions.approvals.listing import Page, Place, Query
from writ.adapters import dynamo
from writ.adapters.action_table import ActionItem, to_record


class ActionIndex:
    """See ActionList."""

    def __init__(self, actions: str) -> None:
        self._item = dynamo.bind(ActionItem, actions)

    def of_day(self, day: str, query: Query, limit: int, after: Place | None) -> Page:
        start = (
            None
            if after is None
            else {"day": {"S": day}, "updated_at": {"S": after.at}, "action_id": {"S": after.id}}
        )
        items, rest = dynamo.query(
            self._item.recent,
            day,
            limit=limit,
            start=start,
            filter_condition=self._filter(query, with_state=True),
            descending=True,
        )
        return _page(items, rest, day, "updated_at")

    def open(self, query: Query, limit: int, after: Place | None) -> Page:
        phase = query.state or ""
        start = (
            None
            if after is None
            else {
                "open_phase": {"S": phase},
                "lease_until": {"N": after.at},
                "action_id": {"S": after.id},
            }
        )
        items, rest = dynamo.query(
            self._item.open,
            phase,
            limit=limit,
            start=start,
            filter_condition=self._filter(query, with_state=False),
        )
        return _page(items, rest, phase, "lease_until")

    def _filter(self, query: Query, *, with_state: bool) -> Any:
        condition = None if query.bot is None else self._item.bot == query.bot
        if not with_state or query.state is None:
            return condition
        state = self._item.state == query.state
        return state if condition is None else condition & state


def _page(items: Any, rest: Mapping[str, Any] | None, partition: str, range_key: str) -> Page:
    records = [to_record(item) for item in items]
    if rest is None:
        return Page(records)
    ((kind, value),) = rest[range_key].items()
    at = str(int(Decimal(value))) if kind == "N" else str(value)
    return Page(records, Place(partition=partition, at=at, id=rest["action_id"]["S"]))
