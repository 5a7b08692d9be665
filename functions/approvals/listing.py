"""Lists of actions: which, in which order, and where a page ended. Pure but for the port it reads from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Protocol

from pydantic import BaseModel, ConfigDict, Field

from writ.contracts.action import Status
from writ.ports.actions import ActionRecord, Phase

# An action waits 30 days at most, so every one that waits, or has just ended to wait, is in the list.
HORIZON: Final = timedelta(days=31)
OPEN: Final = (Phase.WAITING.value, Phase.CLAIMED.value)
STATES: Final = (*(status.value for status in Status), *OPEN)


@dataclass(frozen=True, slots=True)
class Query:
    """Which actions; one that names an open state lists by deadline, every other by day, newest first."""

    state: str | None = None
    bot: str | None = None


class Place(BaseModel):
    """Where a page ended: a partition (day or phase), and in it the last action, or none before its first."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    partition: Annotated[str, Field(pattern=r"^([0-9]{8}|waiting|claimed)$")]
    at: Annotated[str, Field(pattern=r"^[0-9T:.+-]{0,40}$")] = ""
    id: Annotated[str, Field(pattern=r"^(act-[0-9a-f]{32})?$")] = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some actions, and the place to go on from. A page may be short, even empty, and not the last."""

    records: Sequence[ActionRecord]
    rest: Place | None = None


class ActionList(Protocol):
    """Actions in the order of an index; the filter is applied after reading, so pages may be short."""

    def of_day(self, day: str, query: Query, limit: int, after: Place | None) -> Page:
        """Actions planned on a day (UTC, yyyymmdd), the most recently changed first."""

    def open(self, query: Query, limit: int, after: Place | None) -> Page:
        """Actions of an open state, the one whose time ends soonest first."""


def read_page(query: Query, limit: int, place: Place | None, now: datetime, actions: ActionList) -> Page:
    """At most `limit` actions after a place, back to the horizon."""
    if query.state in OPEN:
        return actions.open(query, limit, place)
    found: list[ActionRecord] = []
    for day in _days(place, now.astimezone(UTC).date()):
        if len(found) == limit:
            return Page(found, Place(partition=day))
        after = place if place is not None and place.partition == day and place.id else None
        page = actions.of_day(day, query, limit - len(found), after)
        found.extend(page.records)
        if page.rest is not None:
            return Page(found, page.rest)
    return Page(found)


def _days(place: Place | None, today: date) -> Iterator[str]:
    for back in range(HORIZON.days + 1):
        day = (today - timedelta(days=back)).strftime("%Y%m%d")
        if place is None or day <= place.partition:
            yield day
