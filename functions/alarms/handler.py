"""Notices of alarms, from the topic through the queue to the bus."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from functions.alarms.notice import PRODUCER, is_news, read
from writ.adapters.eventbridge import EventBridgeBus
from writ.contracts.event import AnyEvent
from writ.ports.actions import ActionRecord
from writ.ports.bus import EventBus
from writ.runtime.batch import process
from writ.runtime.environment import current


def handler(message: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda entry: a batch of notices as CloudWatch wrote them."""
    return process(PRODUCER, message, context, on_change, reading=read)


def on_change(event: AnyEvent) -> Sequence[ActionRecord]:
    """Publish what is news; it takes no actions."""
    if is_news(event):
        bus().publish([event])
    return ()


@cache
def bus() -> EventBus:
    """The bus this function was deployed beside."""
    return EventBridgeBus(current().bus)
