"""A local mirror of advisories: every file is read once, and what concerns the packages asked for is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from writ.contracts.errors import ContractError
from writ.gates.security.advisory import Advisory, Document, advisory, document, is_withdrawn

Key = tuple[str, str]
_CLOCKS: Final = timedelta(days=1)


class Mirror(Protocol):
    """Where advisories are kept on this machine."""

    @property
    def name(self) -> str:
        """What people call it: its path."""

    def files(self) -> Iterable[tuple[str, bytes]]:
        """Name and content of each advisory. Raises ContractError for a mirror that cannot be read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A file of the mirror that is no advisory."""

    name: str
    why: str


@dataclass(frozen=True)
class Known:
    """Advisories by package, of the packages asked for; `newest` is per ecosystem the last change of one."""

    advisories: dict[Key, list[Advisory]]
    newest: dict[str, datetime]
    problems: list[Problem]
    read: int = 0
    withdrawn: int = 0
    unread: str | None = None

    def of(self, key: Key) -> list[Advisory]:
        return self.advisories.get(key, [])


@dataclass
class _Reading:
    now: datetime
    newest: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    kept: dict[str, Document] = field(default_factory=dict)
    read: int = 0


def search(mirror: Mirror, wanted: Collection[Key], now: datetime) -> Known:
    """What a mirror knows of packages at a time; files that are no advisories are `problems`.

    Of an advisory that is there twice the one that was modified last counts.
    """
    reading = _Reading(now)
    asked = frozenset(wanted)
    latest = (now + _CLOCKS).isoformat()
    try:
        for name, content in mirror.files():
            _read(reading, name, content, asked, latest)
    except ContractError as error:
        return Known({}, {}, [], unread=error.message)
    found: dict[Key, list[Advisory]] = defaultdict(list)
    withdrawn = 0
    for each in reading.kept.values():
        try:
            whole = advisory(each)
        except ContractError as error:
            reading.problems.append(Problem(each.name, error.message))
            continue
        if is_withdrawn(whole, now):
            withdrawn += 1
            continue
        for key in each.keys & asked:
            found[key].append(whole)
    newest = {kind: moment for kind, text in reading.newest.items() if (moment := _moment(text))}
    return Known(dict(found), newest, reading.problems, reading.read, withdrawn)


def _read(reading: _Reading, name: str, content: bytes, asked: frozenset[Key], latest: str) -> None:
    try:
        found = document(name, content)
    except ContractError as error:
        reading.problems.append(Problem(name, error.message))
        return
    reading.read += 1
    for kind, _ in found.keys:
        # A time to come says nothing of how old the mirror is.
        if reading.newest.get(kind, "") < found.modified <= latest:
            reading.newest[kind] = found.modified
    if asked.isdisjoint(found.keys):
        return
    id = str(found.content["id"])
    before = reading.kept.get(id)
    if before is None or before.modified <= found.modified:
        reading.kept[id] = found


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
