"""Where a scan goes on: the key of an item, as JSON keeps it. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from pydantic import JsonValue

from writ.migration.ports import Key


def place_of(key: Key | None) -> dict[str, JsonValue] | None:
    """A key as JSON; binary parts as base64."""
    if key is None:
        return None
    place: dict[str, JsonValue] = {}
    for name, value in key.items():
        ((kind, held),) = value.items()
        text = base64.b64encode(held).decode() if isinstance(held, bytes) else str(held)
        place[name] = {kind: text}
    return place


def key_of(place: Mapping[str, JsonValue] | None) -> Key | None:
    """The key that a place is of."""
    if place is None:
        return None
    key: dict[str, Mapping[str, object]] = {}
    for name, value in place.items():
        if isinstance(value, dict):
            ((kind, held),) = value.items()
            key[name] = {kind: base64.b64decode(str(held)) if kind == "B" else held}
    return key
