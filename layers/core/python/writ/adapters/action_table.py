"""ActionStore on DynamoDB: one permanent item an action, every write conditional."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.operand import Path
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.adapters.usage_table import UsageItem, slot_attribute
from writ.contracts.action import Status
from writ.contracts.errors import ConflictError, LimitExceededError
from writ.ports.actions import ActionRecord, Phase, Reservation

COUNTER_TTL_S: Final = 2 * 86_400


class _Open(GlobalSecondaryIndex["ActionItem"]):
    class Meta:
        index_name = "open"
        projection = AllProjection()

    open_phase = UnicodeAttribute(hash_key=True)
    lease_until = NumberAttribute(range_key=True)


class _Recent(GlobalSecondaryIndex["ActionItem"]):
    class Meta:
        index_name = "recent"
        projection = AllProjection()

    day = UnicodeAttribute(hash_key=True)
    updated_at = UnicodeAttribute(range_key=True)


class ActionItem(Model):
    """`record` holds the whole ActionRecord as JSON; the rest is what conditions and indexes need."""

    class Meta:
        table_name = "actions"

    action_id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute()
    bot = UnicodeAttribute()
    state = UnicodeAttribute()
    day = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    lease_until = NumberAttribute()
    open_phase = UnicodeAttribute(null=True)
    record = UnicodeAttribute()

    open = _Open()
    recent = _Recent()


class ActionTable:
    """See ActionStore. A claim and its counters, a close and its statistics, are one transaction each."""

    def __init__(self, actions: str, usage: str) -> None:
        self._item = dynamo.bind(ActionItem, actions)
        self._usage = dynamo.bind(UsageItem, usage)

    def get(self, action_id: str) -> ActionRecord | None:
        item = dynamo.get(self._item, action_id)
        return None if item is None else to_record(item)

    def claim(self, record: ActionRecord, reservations: Sequence[Reservation]) -> None:
        self._write(record, self._item.action_id.does_not_exist(), reservations)

    def advance(
        self, before: ActionRecord, after: ActionRecord, reservations: Sequence[Reservation] = ()
    ) -> None:
        self._write(after, self._item.version == before.version, reservations)

    def close(self, before: ActionRecord, after: ActionRecord) -> None:
        if after.outcome is None:
            raise ValueError(f"{after.action.id} is closed without an outcome")
        unchanged = self._item.version == before.version
        if after.outcome.overtaken:
            dynamo.save(self._to_item(after), unchanged)
            return
        status = after.outcome.status
        elapsed = max(0, round((after.updated_at - after.created_at).total_seconds() * 1000))
        item, usage = self._to_item(after), self._usage
        with dynamo.transaction() as transaction:
            transaction.save(item, condition=unchanged)
            transaction.update(
                usage(f"stat#{after.action.bot}", after.updated_at.strftime("%Y%m%d%H")),
                actions=[
                    getattr(usage, status.value).add(1),
                    usage.total_ms.add(elapsed),
                    *_slots(status, after.updated_at),
                ],
            )

    def stale(self, phase: Phase, before: datetime, limit: int) -> Sequence[ActionRecord]:
        found = dynamo.page(
            self._item.open,
            phase.value,
            self._item.lease_until <= _ms(before),
            limit=limit,
        )
        return [to_record(item) for item in found]

    def count(self, phase: Phase) -> int:
        return dynamo.count(self._item.open, phase.value)

    def _write(self, record: ActionRecord, condition: Any, reservations: Sequence[Reservation]) -> None:
        item = self._to_item(record)
        if not reservations:
            dynamo.save(item, condition)
            return
        try:
            with dynamo.transaction() as transaction:
                transaction.save(item, condition=condition)
                for taken in reservations:
                    transaction.update(
                        self._usage(taken.counter, taken.slot),
                        actions=[
                            self._usage.n.add(1),
                            self._usage.ttl.set(int(record.updated_at.timestamp()) + COUNTER_TTL_S),
                        ],
                        condition=_below(self._usage, taken.limit),
                    )
        except dynamo.TransactionRefusedError as refused:
            if 0 in refused.failed:
                raise ConflictError(f"action {record.action.id} exists or has changed") from None
            raise LimitExceededError(f"a limit of {record.action.name} is used up") from None

    def _to_item(self, record: ActionRecord) -> ActionItem:
        return self._item(
            record.action.id,
            version=record.version,
            bot=record.action.bot,
            state=record.outcome.status.value if record.outcome else record.phase.value,
            day=record.created_at.strftime("%Y%m%d"),
            updated_at=record.updated_at.astimezone(UTC).isoformat(),
            lease_until=_ms(record.lease_until),
            open_phase=None if record.phase is Phase.CLOSED else record.phase.value,
            record=_dump(record),
        )


def to_record(item: ActionItem) -> ActionRecord:
    """The record of an item."""
    return _records().validate_json(item.record)


@cache
def _records() -> TypeAdapter[ActionRecord]:
    """Made when first needed: it takes as long as everything else in this module."""
    return TypeAdapter(ActionRecord)


def _dump(record: ActionRecord) -> str:
    return json.dumps(_records().dump_python(record, mode="json"), separators=(",", ":"), ensure_ascii=False)


def _slots(status: Status, at: datetime) -> list[Any]:
    """What an objective is about is counted by five minutes as well, in the same item and write."""
    kind = {Status.SUCCEEDED: "good", Status.FAILED: "bad"}.get(status)
    return [] if kind is None else [Path(slot_attribute(kind, at.minute)).add(1)]


def _below(usage: type[UsageItem], limit: int | None) -> Any:
    if limit is None:
        return None
    below = usage.n < limit  # false for a counter that is not there yet, which a limit of 0 relies on
    return (usage.n.does_not_exist() | below) if limit > 0 else below


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
