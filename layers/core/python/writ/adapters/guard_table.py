"""GuardStore on DynamoDB: pauses, counters, freezes, waivers and budgets of one action in one BatchGet."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from writ.adapters import dynamo
from writ.adapters.control_table import ControlItem
from writ.adapters.usage_table import UsageItem
from writ.contracts.counters import counter_key, counter_slot
from writ.ports.controls import BREAK_GLASS, EXCEPTIONS, FREEZES, budget_key, pause_key, service_digest
from writ.ports.guards import GuardFacts


class GuardTable:
    """See GuardStore. An absent item means the default; an unreadable one is None, hence `unknown`.

    `windows` is asked at each reading, and first when there is an action to decide on.
    """

    def __init__(self, controls: str, usage: str, windows: Callable[[], Sequence[dict[str, Any]]]) -> None:
        self._control = dynamo.bind(ControlItem, controls)
        self._usage = dynamo.bind(UsageItem, usage)
        self._windows = windows

    def read(self, bot: str, action: str, target_digest: str, now: datetime) -> GuardFacts:
        counter = counter_key(bot, action)
        hour = (counter, counter_slot("hour", target_digest, now))
        target_hour = (counter, counter_slot("target_hour", target_digest, now))
        pause, action_pause = pause_key(bot), pause_key(bot, action)
        own, target = budget_key(service_digest(bot)), budget_key(target_digest)
        # No key may be asked for twice.
        wanted = dict.fromkeys((pause, action_pause, FREEZES, EXCEPTIONS, BREAK_GLASS, own, target))
        controls, counters = dynamo.get_across(
            (self._control, list(wanted)), (self._usage, [hour, target_hour])
        )
        return GuardFacts(
            paused=_paused(controls.get(pause)),
            action_paused=_paused(controls.get(action_pause)),
            usage={"hour": _count(counters.get(hour)), "target_hour": _count(counters.get(target_hour))},
            freezes=_items(controls.get(FREEZES)),
            exceptions=_items(controls.get(EXCEPTIONS)),
            break_glass=_items(controls.get(BREAK_GLASS)),
            windows=self._windows(),
            budget=_budget(controls.get(own), controls.get(target)),
        )


def _count(item: UsageItem | None) -> int:
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


def _budget(own: ControlItem | None, target: ControlItem | None) -> dict[str, str] | None:
    """States by whose they are; policy knows which words there are."""
    documents = {"bot": _document(own), "target": _document(target)}
    states = {
        name: None if document is None else document.get("budget", "normal")
        for name, document in documents.items()
    }
    known = {name: state for name, state in states.items() if isinstance(state, str)}
    return known if len(known) == len(states) else None


def _items(item: ControlItem | None) -> list[dict[str, Any]] | None:
    document = _document(item)
    value = None if document is None else document.get("items", [])
    return value if isinstance(value, list) else None
