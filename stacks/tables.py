"""State by logical name. The DynamoDB tables, one a bounded context: adapters are tested against them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Key:
    """A partition key and, where there is one, a sort key; `number` names those that are numbers.

    An index projects `projected` only, or everything where that is empty.
    """

    partition: str
    sort: str | None = None
    number: frozenset[str] = frozenset()
    projected: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSpec:
    """One table: its key, its indexes, its expiry and its stream."""

    name: str
    key: Key
    indexes: dict[str, Key]
    expires: bool = False
    streams: bool = False


def _table(name: str, key: Key, *, expires: bool = False, streams: bool = False, **indexes: Key) -> TableSpec:
    return TableSpec(name, key, indexes, expires, streams)


TTL_ATTRIBUTE: Final = "ttl"
BUCKETS: Final = ("raw", "log", "anchors", "packs", "artifacts", "seeds")
# Where files lie for a while under staging/.
STAGED: Final = frozenset({"artifacts", "log"})
# What can be made again is not kept for good: days until a bucket forgets what it holds.
EXPIRY_DAYS: Final = {"packs": 7}
SIGNING_KEYS: Final = ("ca", "ct", "log", "note")
# Ed25519, which not every target has; the others are P-256, all that Sigstore clients accept.
ED25519_KEYS: Final = frozenset({"note", "witness"})
# Symmetric: what wraps data keys.
WRAPPING_KEYS: Final = frozenset({"subjects"})
SECRETS: Final = ("anchor", "forge", "webhook")
# Issued elsewhere: made empty, for an operator to store.
GIVEN_SECRETS: Final = frozenset({"anchor", "forge"})
# What a list of tasks shows and filters by; evidence and history stay in the table.
_LISTED: Final = ("task", "owner", "source", "search")

TABLES: Final = (
    _table(
        "actions",
        Key("action_id"),
        open=Key("open_phase", "lease_until", frozenset({"lease_until"})),
        recent=Key("day", "updated_at"),
    ),
    _table("approvals", Key("action_id")),
    _table(
        "backlog",
        Key("id"),
        by_rice=Key("listing", "rice", frozenset({"rice"}), (*_LISTED, "status")),
        by_wsjf=Key("listing", "wsjf", frozenset({"wsjf"}), (*_LISTED, "status")),
        by_update=Key("listing", "updated_at", projected=(*_LISTED, "status", "rice", "wsjf")),
        by_status=Key("status", "rice", frozenset({"rice"}), _LISTED),
    ),
    _table("bumps", Key("pk", "sk")),
    _table("certificates", Key("fingerprint")),
    _table("controls", Key("pk", "sk")),
    _table("deliveries", Key("delivery")),
    _table(
        "entries",
        Key("entry_id"),
        streams=True,
        appended=Key("minute", "entry_id", projected=("appended_at",)),
    ),
    _table("gates", Key("pk", "sk")),
    _table("index", Key("edge", "position")),
    _table("log", Key("pk")),
    _table("migrations", Key("pk"), listing=Key("listing", "pk"), by_service=Key("service", "pk")),
    _table("notes", Key("bot", "subject")),
    _table("packs", Key("pack")),
    _table("previews", Key("id"), listing=Key("listing", "id")),
    _table("promises", Key("leaf")),
    _table("pulls", Key("pk", "sk")),
    _table("releases", Key("pk"), by_state=Key("state", "pk"), listing=Key("listing", "pk")),
    _table("rollouts", Key("pk", "sk"), listing=Key("listing", "pk")),
    _table("subjects", Key("pk", "sk")),
    _table("usage", Key("pk", "sk"), expires=True),
)


@dataclass(frozen=True)
class State:
    """What one deployment keeps, by logical name."""

    tables: tuple[TableSpec, ...]
    buckets: tuple[str, ...]
    keys: tuple[str, ...]
    secrets: tuple[str, ...]


PLANE: Final = State(TABLES, BUCKETS, (*SIGNING_KEYS, *sorted(WRAPPING_KEYS)), SECRETS)
# A witness stands apart from the plane: it must not fall with it.
WITNESS: Final = State((_table("watched", Key("origin")),), (), ("witness",), ())
EVERYTHING: Final = State(
    (*PLANE.tables, *WITNESS.tables),
    (*PLANE.buckets, *WITNESS.buckets),
    (*PLANE.keys, *WITNESS.keys),
    (*PLANE.secrets, *WITNESS.secrets),
)
INDEXES: Final = {spec.name: tuple(spec.indexes) for spec in EVERYTHING.tables}
STREAMS: Final = frozenset(spec.name for spec in TABLES if spec.streams)
