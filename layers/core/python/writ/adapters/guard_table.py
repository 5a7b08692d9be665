"""GuardStore on DynamoDB: pause, counters, freezes and exceptions of one action in one BatchGet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from writ.adapters import dynamo
from writ.adapters.action_table import ControlItem
from writ.contracts.counters import counter_key, counter_slot
from writ.ports.controls import EXCEPTIONS, FREEZES, pause_key
from writ.ports.guards import GuardFacts


class GuardTable:
    """See GuardStore. An absent item means the default; an unreadable one is None, hence `unknown`."""

    def __init__(self, controls: str, windows: Sequence[dict[str, Any]]) -> None:
        self._control = dynamo.bind(ControlItem, controls)
        self._windows = windows

    def read(self, bot: str, action: str, target_digest: str, now: datetime) -> GuardFacts:
        counter = counter_key(bot, action)
        hour = (counter, counter_slot("hour", target_digest, now))
        target_hour = (counter, counter_slot("target_hour", target_digest, now))
        pause = pause_key(bot)
        found = {
            (item.pk, item.sk): item
            for item in dynamo.get_many(self._control, [hour, target_hour, pause, FREEZES, EXCEPTIONS])
        }
        return GuardFacts(
            paused=_paused(found.get(pause)),
            usage={"hour": _count(found.get(hour)), "target_hour": _count(found.get(target_hour))},
            freezes=_items(found.get(FREEZES)),
            exceptions=_items(found.get(EXCEPTIONS)),
            windows=self._windows,
        )


def _count(item: ControlItem | None) -> int:
    return 0 if item is None or item.n is None else int(item.n)


def _document(item: ControlItem | None) -> dict[str, Any] | None:
    if item is None:
        return {}
    try:
        document = json.loads(item.document or "")
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _paused(item: ControlItem | None) -> bool | None:
    document = _document(item)
    value = None if document is None else document.get("paused", False)
    return value if isinstance(value, bool) else None


def _items(item: ControlItem | None) -> list[dict[str, Any]] | None:
    document = _document(item)
    value = None if document is None else document.get("items", [])
    return value if isinstance(value, list) else None
