"""Tasks on DynamoDB: table `backlog`, one item a task and, beside it, one an effect that happened.

A task lies in two attributes: `task` is what lists show and is projected into the indexes; `trail`, its
evidence and history, is not. Effect items have no index attributes, so no index holds them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from functools import reduce
from operator import and_
from typing import Any, Final

from pydantic import TypeAdapter
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection
from pynamodb.models import Model

from functions.backlog.store import Page, Place, Query
from functions.backlog.task import DetailedTask, Status, Task
from writ.adapters import dynamo
from writ.contracts.errors import ConflictError

LISTED: Final = "task"
PROJECTED: Final = ["task", "owner", "source", "search"]
_AT_ONCE: Final = 500
_TRAIL: Final = {"evidence", "history"}
_observed: Final = TypeAdapter(dict[str, Any])


class _ByRice(GlobalSecondaryIndex["TaskItem"]):
    class Meta:
        index_name = "by_rice"
        projection = IncludeProjection([*PROJECTED, "status"])

    listing = UnicodeAttribute(hash_key=True)
    rice = NumberAttribute(range_key=True)


class _ByWsjf(GlobalSecondaryIndex["TaskItem"]):
    class Meta:
        index_name = "by_wsjf"
        projection = IncludeProjection([*PROJECTED, "status"])

    listing = UnicodeAttribute(hash_key=True)
    wsjf = NumberAttribute(range_key=True)


class _ByUpdate(GlobalSecondaryIndex["TaskItem"]):
    class Meta:
        index_name = "by_update"
        projection = IncludeProjection([*PROJECTED, "status", "rice", "wsjf"])

    listing = UnicodeAttribute(hash_key=True)
    updated_at = UnicodeAttribute(range_key=True)


class _ByStatus(GlobalSecondaryIndex["TaskItem"]):
    class Meta:
        index_name = "by_status"
        projection = IncludeProjection(PROJECTED)

    status = UnicodeAttribute(hash_key=True)
    rice = NumberAttribute(range_key=True)


class TaskItem(Model):
    """A task under its id, or an effect under `effect/<action id>`."""

    class Meta:
        table_name = "bot_backlog"

    id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(null=True)
    listing = UnicodeAttribute(null=True)
    status = UnicodeAttribute(null=True)
    rice = NumberAttribute(null=True)
    wsjf = NumberAttribute(null=True)
    updated_at = UnicodeAttribute(null=True)
    owner = UnicodeAttribute(null=True)
    source = UnicodeAttribute(null=True)
    search = UnicodeAttribute(null=True)
    task = UnicodeAttribute(null=True)
    trail = UnicodeAttribute(null=True)
    observed = UnicodeAttribute(null=True)

    by_rice = _ByRice()
    by_wsjf = _ByWsjf()
    by_update = _ByUpdate()
    by_status = _ByStatus()


class TaskTable:
    """See TaskStore. What happened stays marked for good: no repeat, however late, happens again."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(TaskItem, table)

    def get(self, task_id: str) -> DetailedTask | None:
        item = dynamo.get(self._item, task_id)
        if item is None or item.task is None or item.trail is None:
            return None
        return DetailedTask.model_validate_json(_joined(item.task, item.trail))

    def applied(self, action_id: str) -> Mapping[str, Any] | None:
        item = dynamo.get(self._item, _effect(action_id))
        return None if item is None or item.observed is None else _observed.validate_json(item.observed)

    def apply(
        self, task: DetailedTask, *, expected: int, action_id: str, observed: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        try:
            with dynamo.transaction() as transaction:
                transaction.save(self._mark(action_id, observed), condition=self._item.id.does_not_exist())
                transaction.save(self._to_item(task), condition=self._at(expected))
        except dynamo.TransactionRefusedError:
            earlier = self.applied(action_id)
            if earlier is None:
                raise ConflictError(f"task {task.id} is not at version {expected}") from None
            return earlier
        return observed

    def replace(self, task: DetailedTask, *, expected: int) -> None:
        dynamo.save(self._to_item(task), self._at(expected))

    def mark(self, action_id: str, observed: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            dynamo.save(self._mark(action_id, observed), self._item.id.does_not_exist())
        except ConflictError:
            return self.applied(action_id) or observed
        return observed

    def having(self, status: Status) -> Sequence[Task]:
        items = dynamo.each(self._item.by_status, status.value, at_once=_AT_ONCE, descending=True)
        return [_listed(item) for item in items]

    def page(self, query: Query, limit: int, after: Place | None) -> Page:
        index, key = self._index(query)
        hash_name, range_name = (("status" if index is self._item.by_status else "listing"), _range(query))
        kind = "S" if query.order == "updated" else "N"
        start = None
        if after is not None:
            start = {"id": {"S": after.id}, hash_name: {"S": key}, range_name: {kind: str(after.value)}}
        on_range, on_rest = self._conditions(query, in_key={hash_name, range_name})
        items, rest = dynamo.query(
            index,
            key,
            on_range,
            filter_condition=on_rest,
            limit=limit,
            start=start,
            descending=query.descending,
        )
        return Page([_listed(item) for item in items], _place(rest, range_name, kind))

    def _index(self, query: Query) -> tuple[Any, str]:
        """The index that has the order, and the hash key to ask it for."""
        if query.order == "updated":
            return self._item.by_update, LISTED
        if query.method == "wsjf":
            return self._item.by_wsjf, LISTED
        if query.status is not None:
            return self._item.by_status, query.status.value
        return self._item.by_rice, LISTED

    def _conditions(self, query: Query, in_key: Collection[str]) -> tuple[Any, Any]:
        """The condition on the range key, and the one on everything else that the key does not settle."""
        item = self._item
        score = None
        if query.min_score is not None:
            score = (item.rice if query.method == "rice" else item.wsjf) >= query.min_score
        others = [
            item.status == query.status.value if query.status and "status" not in in_key else None,
            item.owner == query.owner if query.owner else None,
            item.source == query.source.value if query.source else None,
            item.search.contains(query.text.casefold()) if query.text else None,
            score if query.order == "updated" else None,
        ]
        present = [condition for condition in others if condition is not None]
        return (None if query.order == "updated" else score), reduce(and_, present) if present else None

    def _at(self, expected: int) -> Any:
        return self._item.version == expected if expected else self._item.id.does_not_exist()

    def _mark(self, action_id: str, observed: Mapping[str, Any]) -> TaskItem:
        return self._item(_effect(action_id), observed=json.dumps(dict(observed), separators=(",", ":")))

    def _to_item(self, task: DetailedTask) -> TaskItem:
        return self._item(
            task.id,
            version=task.version,
            listing=LISTED,
            status=task.status.value,
            rice=task.scores.rice,
            wsjf=task.scores.wsjf,
            updated_at=task.updated_at.astimezone(UTC).isoformat(timespec="microseconds"),
            owner=task.owner,
            source=task.source.value,
            search=f"{task.title} {task.dedup_key}".casefold(),
            task=task.model_dump_json(exclude=_TRAIL, exclude_none=True),
            trail=task.model_dump_json(include=_TRAIL),
        )


def _listed(item: TaskItem) -> Task:
    return Task.model_validate_json(item.task or "")


def _joined(task: str, trail: str) -> str:
    return json.dumps({**json.loads(task), **json.loads(trail)})


def _effect(action_id: str) -> str:
    return f"effect/{action_id}"


def _range(query: Query) -> str:
    return "updated_at" if query.order == "updated" else query.method


def _place(key: Mapping[str, Any] | None, range_name: str, kind: str) -> Place | None:
    if key is None:
        return None
    value = key[range_name][kind]
    return Place(id=key["id"]["S"], value=value if kind == "S" else float(value))
