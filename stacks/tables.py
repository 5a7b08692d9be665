"""The DynamoDB tables, one a bounded context. Adapters are tested against these definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Key:
    """A partition key and, where there is one, a sort key; `number` names those that are numbers."""

    partition: str
    sort: str | None = None
    number: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TableSpec:
    """One table: its key, its indexes (all attributes projected), its expiry and its stream."""

    name: str
    key: Key
    indexes: dict[str, Key]
    expires: bool = False
    streams: bool = False


def _table(name: str, key: Key, *, expires: bool = False, streams: bool = False, **indexes: Key) -> TableSpec:
    return TableSpec(name, key, indexes, expires, streams)


TTL_ATTRIBUTE: Final = "ttl"

TABLES: Final = (
    _table(
        "actions",
        Key("action_id"),
        open=Key("open_phase", "lease_until", frozenset({"lease_until"})),
        recent=Key("day", "updated_at"),
    ),
    _table("approvals", Key("action_id")),
    _table("backlog", Key("task_id")),
    _table("certificates", Key("fingerprint")),
    _table("controls", Key("pk", "sk"), expires=True),
    _table("deliveries", Key("delivery")),
    _table("entries", Key("entry_id"), streams=True),
    _table("index", Key("edge", "position")),
    _table("log", Key("pk")),
)
