"""The desk where answers are taken, and lists of actions, on ports in memory."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from functions.approvals.answer import Desk
from functions.approvals.listing import Page, Place, Query
from functions.approvals.ports import Ports
from tests.support.faults import Faults
from tests.support.memory import MemoryActions
from tests.support.plane import Plane
from tests.support.records import an_action
from writ.contracts.action import Action, Approval
from writ.ports.actions import ActionRecord, Cause, Phase
from writ.runtime.telemetry import state_of


@dataclass
class MemoryList:
    """See ActionList. The filter is applied after reading `read_at_most`, so pages are short at times."""

    actions: MemoryActions
    read_at_most: int = 1000

    def of_day(self, day: str, query: Query, limit: int, after: Place | None) -> Page:
        listed = [
            (Place(partition=day, at=record.updated_at.isoformat(), id=record.action.id), record)
            for record in self.actions.records.values()
            if record.created_at.strftime("%Y%m%d") == day
        ]
        listed.sort(key=lambda pair: (pair[0].at, pair[0].id), reverse=True)
        return self._page(listed, query, limit, after)

    def open(self, query: Query, limit: int, after: Place | None) -> Page:
        listed = [
            (Place(partition=record.phase.value, at=_deadline(record), id=record.action.id), record)
            for record in self.actions.records.values()
            if record.phase.value == query.state
        ]
        listed.sort(key=lambda pair: (int(pair[0].at), pair[0].id))
        return self._page(listed, query, limit, after)

    def _page(
        self, listed: list[tuple[Place, ActionRecord]], query: Query, limit: int, after: Place | None
    ) -> Page:
        start = 0 if after is None else [place for place, _ in listed].index(after) + 1
        end = min(len(listed), start + self.read_at_most)
        found: list[ActionRecord] = []
        for number in range(start, end):
            place, record = listed[number]
            if _matches(query, record):
                found.append(record)
            if len(found) == limit:
                return Page(found, place if number + 1 < len(listed) else None)
        return Page(found, listed[end - 1][0] if end < len(listed) else None)


def _deadline(record: ActionRecord) -> str:
    return str(int(record.lease_until.timestamp() * 1000))


def _matches(query: Query, record: ActionRecord) -> bool:
    return query.bot in (None, record.action.bot) and query.state in (None, state_of(record))


def calm_plane() -> Plane:
    """A control plane where nothing fails."""
    return Plane(Faults(random.Random(0), rate=0.0))


def desk_of(plane: Plane) -> Desk:
    """The desk over ports that may fail."""
    ports = plane.ports()
    return Desk(ports.actions, ports.approvals, plane.answers())


def ports_of(plane: Plane) -> Ports:
    return Ports(lambda: desk_of(plane), MemoryList(plane.actions), plane.clock)


def waiting(plane: Plane, number: int = 0, *, by: str | None = None) -> Action:
    """An action that waits for a person; `by` is who asked for it, where a person did."""
    action = an_action(number, name="high")
    cause = Cause("Probed.v1", f"event-{number}", *(("person", by) if by else ()))
    record = plane.worker().run(action, cause)
    assert record.phase is Phase.WAITING
    return action


def said(plane: Plane, approved: bool = True, *, by: str = "ann") -> Approval:
    return Approval(approved=approved, by=by, at=plane.clock.now(), reason="looked at it")


def published(plane: Plane, type: str) -> Sequence[str]:
    """Ids of the published events of a type, repeats included."""
    return [event.id for event in plane.bus.events if event.type == type]
