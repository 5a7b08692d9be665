"""What is measured of a folder: indicators, each a pair of metrics that the runtime or Lambda writes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from writ.contracts.manifest import Manifest


class Indicator(StrEnum):
    """Which events of a folder its objective is about; it may have several.

    `actions`: those its bot took; a denied or expired one is an answer and counts for nothing. `requests`:
    those its routes answered, bad with a status from 500 on. `events`: those a worker without actions
    handled, bad each time one could not be. `calls`: of a worker that only other functions, a stream or logs
    call.
    """

    ACTIONS = "actions"
    REQUESTS = "requests"
    EVENTS = "events"
    CALLS = "calls"


@dataclass(frozen=True, slots=True)
class Series:
    """The metrics of an indicator: of bad events, and of good ones or, where `whole`, of all."""

    bad: str
    other: str
    whole: bool


SERIES = {
    Indicator.ACTIONS: Series("ActionsFailed", "ActionsSucceeded", whole=False),
    Indicator.REQUESTS: Series("RequestsFailed", "Requests", whole=True),
    Indicator.EVENTS: Series("EventsFailed", "EventsHandled", whole=False),
    Indicator.CALLS: Series("Errors", "Invocations", whole=True),
}


def indicators(manifest: Manifest) -> tuple[Indicator, ...]:
    """The indicators of a folder, one at least."""
    found = [Indicator.ACTIONS] if manifest.actions else []
    if manifest.routes:
        found.append(Indicator.REQUESTS)
    if not manifest.actions:
        queued = [trigger for trigger in manifest.triggers if not (trigger.stream or trigger.metrics)]
        if queued and len(queued) == len(manifest.triggers):
            found.append(Indicator.EVENTS)
        elif manifest.triggers or not manifest.routes:
            found.append(Indicator.CALLS)
    return tuple(found)
