"""What a batch of the entries' stream brings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from functions.sequencer.stream import Appended, appended

EPOCH = 1_767_000_000


def record(name: str, *, kind: str = "INSERT", second: float | None = EPOCH) -> dict[str, Any]:
    change: dict[str, Any] = {"Keys": {"entry_id": {"S": name}}}
    if second is not None:
        change["ApproximateCreationDateTime"] = second
    return {"eventSource": "aws:dynamodb", "eventName": kind, "dynamodb": change}


def test_inserts_come_in_order_with_the_time_of_the_oldest() -> None:
    batch = appended([record("b", second=EPOCH + 2), record("a", second=EPOCH + 1), record("c")])
    assert batch == Appended(("b", "a", "c"), datetime.fromtimestamp(EPOCH, UTC))


def test_what_is_no_insert_is_left_out() -> None:
    assert appended([record("a", kind="REMOVE"), record("b", kind="MODIFY")]) == Appended((), None)


def test_a_record_without_a_time_still_counts() -> None:
    assert appended([record("a", second=None)]) == Appended(("a",), None)
