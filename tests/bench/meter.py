"""Reads what requests to AWS consume while they are made: botocore asks, this adds up."""

from __future__ import annotations

import contextlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from stacks.tables import TABLES
from tests.bench.capacity import item_bytes, query_units, read_units, write_units
from tests.bench.prices import EVENT_BYTES, Unit

_SPECS = {spec.name: spec for spec in TABLES}
_PER_REQUEST = {
    "PutObject": Unit.S3_PUT,
    "ListObjectsV2": Unit.S3_PUT,
    "GetObject": Unit.S3_GET,
    "Sign": Unit.KMS,
    "GetPublicKey": Unit.KMS,
    "GenerateDataKey": Unit.DATA_KEY,
    "Decrypt": Unit.DATA_KEY,
}
# A transaction prepares and commits each of its items.
_CHECKED: Final = 2
Request = Mapping[str, Any]


@dataclass
class Meter:
    """Units consumed, requests by name, and the sizes of items put, by table (whose names are logical)."""

    used: defaultdict[Unit, float] = field(default_factory=lambda: defaultdict(float))
    requests: Counter[str] = field(default_factory=Counter)
    written: dict[str, list[int]] = field(default_factory=dict)

    def ask(self, operation: str, request: Request, call: Callable[[], Any]) -> Any:
        """Make a request and count it; one that AWS refuses is charged like the others.

        Raises LookupError for an operation it has no price of: nothing is free by oversight.
        """
        self.requests[operation] += 1
        match operation:
            case "PutItem":
                self._put(request["TableName"], request["Item"])
            case "BatchWriteItem":
                for table, changes in request["RequestItems"].items():
                    for change in changes:
                        self._put(table, change["PutRequest"]["Item"])
            case "TransactWriteItems":
                for part in request["TransactItems"]:
                    self._part(part)
            case "PutEvents":
                for entry in request["Entries"]:
                    self._add(Unit.EVENT, math.ceil(len(json.dumps(entry, default=str)) / EVENT_BYTES))
            case "GetItem" | "BatchGetItem" | "Query":
                answer = call()
                self._add(Unit.READ, _READING[operation](request, answer))
                return answer
            case _ if operation in _PER_REQUEST:
                self._add(_PER_REQUEST[operation], 1)
            case _:
                raise LookupError(f"{operation} has no price here")
        return call()

    def _put(self, table: str, item: Mapping[str, Any], *, together: bool = False) -> None:
        self.written.setdefault(table, []).append(item_bytes(item))
        self._add(Unit.WRITE, write_units(item, _SPECS[table], together=together))

    def _part(self, part: Mapping[str, Any]) -> None:
        """One of a transaction. What is only checked is a key, far below a unit, charged as if written."""
        match part:
            case {"Put": {"TableName": table, "Item": item}}:
                self._put(table, item, together=True)
            case {"ConditionCheck": _}:
                self._add(Unit.WRITE, _CHECKED)
            case _:
                raise LookupError(f"{', '.join(part)} of a transaction has no price here")

    def _add(self, unit: Unit, amount: float) -> None:
        self.used[unit] += amount


def _got(request: Request, answer: Request) -> float:
    return read_units(answer.get("Item"), consistent=request.get("ConsistentRead", False))


def _got_many(request: Request, answer: Request) -> float:
    """What was asked for and neither came nor was put off is not there."""
    total = 0.0
    for table, asked in request["RequestItems"].items():
        consistent = asked.get("ConsistentRead", False)
        found: Sequence[Any] = answer["Responses"].get(table, [])
        left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        absent = len(asked["Keys"]) - len(found) - len(left)
        total += sum(read_units(item, consistent=consistent) for item in [*found, *[None] * absent])
    return total


def _queried(request: Request, answer: Request) -> float:
    return query_units(answer["Items"], consistent=request.get("ConsistentRead", False))


_READING = {"GetItem": _got, "BatchGetItem": _got_many, "Query": _queried}


@contextlib.contextmanager
def metered() -> Iterator[Meter]:
    """Counts every request that any botocore client of this process makes."""
    from botocore.client import BaseClient

    meter = Meter()
    base: Any = BaseClient  # what every request goes through is in no stub
    original = base._make_api_call

    def counting(client: Any, operation: str, request: Any) -> Any:
        return meter.ask(operation, request, lambda: original(client, operation, request))

    base._make_api_call = counting
    try:
        yield meter
    finally:
        base._make_api_call = original
