"""Which days of which types are over, and what one of them holds."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from functions.erasures.model import EVERYTHING, Member
from writ.contracts.retention import RETENTION
from writ.contracts.statement import PREDICATE_BASE
from writ.ledger.edges import type_edge

if TYPE_CHECKING:
    from functions.erasures.ports import Ports
    from writ.ports.ledger import LogIndex

DAYS_A_TICK: Final = 31
_DAY: Final = timedelta(days=1)
_PAGE: Final = 500


class Due(BaseModel):
    """A day (UTC) of a predicate type whose retention is over."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    type: str
    day: date

    @property
    def name(self) -> str:
        """`action-v1/2026-03-01`"""
        return f"{self.type.removeprefix(PREDICATE_BASE + '/').replace('/', '-')}/{self.day.isoformat()}"

    @property
    def batch(self) -> str:
        """What its erasure is of: a name that is part of an entry's id."""
        return f"rt-{self.name.replace('/', '-')}"


def due(ports: "Ports", now: datetime) -> Iterator[Due]:
    """Days that are over and not yet erased, a month of each type at most, the earliest first."""
    began = ports.anchors.covered_at(0)
    if began is None:
        return
    for type, kept in RETENTION.items():
        if kept.days is None:
            continue
        # A statement is older than the checkpoint that covers it, by minutes.
        last = ports.vault.expired_until(type) or began.astimezone(UTC).date() - 2 * _DAY
        end = now.astimezone(UTC).date() - timedelta(days=kept.days + 1)
        for number in range(1, min((end - last).days, DAYS_A_TICK) + 1):
            yield Due(type=type, day=last + number * _DAY)


def is_held(type: str, scopes: Collection[str]) -> bool:
    """Whether a hold keeps payloads of a type. One on a person keeps all: whom they are about is sealed."""
    return any(scope in (EVERYTHING, type) or scope.startswith("ds-") for scope in scopes)


def members(due: Due, index: "LogIndex") -> list[Member]:
    """The entries of a day, those that are erased among them: an earlier attempt may have done that."""
    start, found = datetime.combine(due.day, time(), UTC), list[Member]()
    for hour in range(24):
        edge, after = type_edge(due.type, start + timedelta(hours=hour)), -1
        while page := index.page(edge, after, _PAGE):
            found += [Member(entry.entry_id, entry.stream) for entry in page]
            after = page[-1].index
    return found
