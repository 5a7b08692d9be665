"""Reads a batch of the entries' DynamoDB stream. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Appended:
    """Ids of the entries that a batch brings, in its order, and when the oldest was written."""

    entries: tuple[str, ...]
    oldest: datetime | None


def appended(records: Iterable[Mapping[str, Any]]) -> Appended:
    """The inserts of a batch; entries are never changed, so anything else is no business of the log.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
    """
    names: list[str] = []
    written: list[datetime] = []
    for record in records:
        if record.get("eventName") != "INSERT":
            continue
        change = record["dynamodb"]
        names.append(str(change["Keys"]["entry_id"]["S"]))
        if (created := change.get("ApproximateCreationDateTime")) is not None:
            written.append(datetime.fromtimestamp(float(created), UTC))
    return Appended(tuple(names), min(written, default=None))
