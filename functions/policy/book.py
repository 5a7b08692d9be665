"""The documents that hold freezes and exceptions, as pure functions of the document before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from writ.contracts.errors import ConflictError, ContractError, NotFoundError, TransientError
from writ.policy.controls import Freeze, GateException, PolicyException

AnyT = TypeVar("AnyT", bound=BaseModel)
ItemT = TypeVar("ItemT", bound=Freeze | PolicyException | GateException)

ID: Final = r"[a-z0-9][a-z0-9-]{0,63}"  # what an item is called

# Every decision of every bot reads freezes and exceptions whole, and DynamoDB keeps 400 KB an item.
MAX_BYTES: Final = 64 * 1024
MOST: Final[Mapping[type[BaseModel], int]] = {Freeze: 50, PolicyException: 100, GateException: 200}
_END: Final[Mapping[type[BaseModel], str]] = {
    Freeze: "ends_at",
    PolicyException: "expires_at",
    GateException: "expires_at",
}


def parse(model: type[AnyT], text: str | None) -> tuple[AnyT, ...]:
    """The items of a document; none where there is no document.

    Raises TransientError (`dependency.unreadable`) for what cannot be read: it is never taken for empty.
    """
    try:
        items = json.loads(text)["items"] if text is not None else []
        return tuple(read(model, item) for item in items)
    except (ValueError, KeyError, TypeError, ValidationError):
        message = f"the stored {model.__name__} items cannot be read"
        raise TransientError(message, code="dependency.unreadable") from None


def read(model: type[AnyT], value: Any) -> AnyT:
    """One item out of JSON. Raises ValidationError."""
    return TypeAdapter(model).validate_json(json.dumps(value))


def dump(items: Sequence[BaseModel]) -> str:
    """The text of a document."""
    shown = [item.model_dump(mode="json") for item in items]
    return json.dumps({"items": shown}, separators=(",", ":"), ensure_ascii=False)


def current(items: Sequence[ItemT], now: datetime) -> tuple[ItemT, ...]:
    """Those that have not ended, by id."""
    return tuple(sorted((item for item in items if _end(item) > now), key=lambda item: item.id))


def added(items: Sequence[ItemT], item: ItemT, now: datetime) -> tuple[ItemT, ...]:
    """The items that have not ended, and one more.

    Raises ContractError for one that has ended already, ConflictError for an id that is taken
    (`conflict`) or when there is no room (`conflict.full`).
    """
    kept = current(items, now)
    if _end(item) <= now:
        raise ContractError("is in the past", field=_END[type(item)])
    if any(other.id == item.id for other in kept):
        raise ConflictError(f"there is a {item.id} already", field="id")
    after = current((*kept, item), now)
    if len(after) > MOST[type(item)] or len(dump(after).encode()) > MAX_BYTES:
        raise ConflictError("there is no room for another one", code="conflict.full", field="id")
    return after


def removed(items: Sequence[ItemT], id: str, now: datetime) -> tuple[ItemT, ...]:
    """The items that have not ended, without one. Raises NotFoundError when it is not among them."""
    kept = current(items, now)
    after = tuple(item for item in kept if item.id != id)
    if len(after) == len(kept):
        raise NotFoundError(f"there is no {id}, or it has ended", field="id")
    return after


def _end(item: Freeze | PolicyException | GateException) -> datetime:
    return item.ends_at if isinstance(item, Freeze) else item.expires_at
