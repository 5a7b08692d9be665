"""How many DynamoDB units a request consumes, by the rules AWS publishes. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from stacks.tables import Key, TableSpec

WRITE_BYTES: Final = 1024
READ_BYTES: Final = 4096
_CONTAINER: Final = 3
_MEMBER: Final = 1

Item = Mapping[str, Mapping[str, Any]]


def item_bytes(item: Item) -> int:
    """Size of an item in DynamoDB's own notation: names and values, in UTF-8, and what containers add."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(item: Item, spec: TableSpec, *, together: bool = False) -> int:
    """Units of a put: those of the table, and of each index the item has the key of.

    The item is new, or keeps the index keys it had: then each index is written once. What is put `together`
    with others, in a transaction, is written twice to its table, and once to its indexes, which come after.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
    """
    copies = [item] * (2 if together else 1)
    for key in spec.indexes.values():
        if all(name in item for name in _names(key)):
            copies.append(_projected(item, spec.key, key))
    return sum(math.ceil(item_bytes(copy) / WRITE_BYTES) for copy in copies)


def read_units(item: Item | None, *, consistent: bool) -> float:
    """Units of one item read by its key; what is not there costs the least there is."""
    return _reading(0 if item is None else item_bytes(item), consistent)


def query_units(items: Iterable[Item], *, consistent: bool) -> float:
    """Units of a page of a query: its items are added up before they are rounded."""
    return _reading(sum(map(item_bytes, items)), consistent)


def _reading(size: int, consistent: bool) -> float:
    return max(1, math.ceil(size / READ_BYTES)) * (1.0 if consistent else 0.5)


def _projected(item: Item, table: Key, index: Key) -> Item:
    if not index.projected:
        return item
    kept = {*_names(table), *_names(index), *index.projected}
    return {name: value for name, value in item.items() if name in kept}


def _names(key: Key) -> list[str]:
    return [name for name in (key.partition, key.sort) if name]


def _value_bytes(value: Mapping[str, Any]) -> int:
    """Raises LookupError for a type that no table of ours holds."""
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            digits = content.lstrip("-").replace(".", "").strip("0")
            return math.ceil(len(digits) / 2) + 1
        case "BOOL" | "NULL":
            return 1
        case "L":
            return _CONTAINER + sum(_MEMBER + _value_bytes(member) for member in content)
        case "M":
            return _CONTAINER + item_bytes(content) + _MEMBER * len(content)
    raise LookupError(f"no size is known of DynamoDB's type {kind}")
