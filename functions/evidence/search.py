"""Which edges of the index answer a search, and where a page of it ended. Pure but for the port it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from writ.contracts.errors import ContractError
from writ.ledger.edges import actor_edge, hour_edge, subject_edge, type_edge
from writ.ports.ledger import IndexedEntry, LogIndex
from writ.runtime import cursors

PARAMETERS: Final = ("actor", "cursor", "limit", "since", "subject", "type")
DEFAULT_SPAN: Final = timedelta(hours=24)
LONGEST_SPAN: Final = timedelta(days=31)
# Statements are indexed under the hour they were made in, which may be ahead of a caller's clock.
_AHEAD: Final = timedelta(hours=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Query:
    """Evidence since an instant: about a subject, by an actor, of a type, in any combination."""

    since: datetime
    subject: str | None = None
    actor: str | None = None
    type: str | None = None

    def matches(self, entry: IndexedEntry) -> bool:
        return (
            entry.time >= self.since
            and (self.subject is None or self.subject in entry.subjects)
            and (self.actor is None or self.actor == entry.actor)
            and (self.type is None or self.type == entry.type)
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: on the `edge`th edge of the search, after the leaf `index`."""

    edge: int
    index: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some evidence in the order of the log, edge by edge, and the place to go on from."""

    entries: Sequence[IndexedEntry]
    rest: Place | None = None


def parse(given: Mapping[str, str], now: datetime) -> Query:
    """Read the parameters of a search. Raises ContractError that names the one at fault."""
    subject = _matching(given, "subject", r"[0-9a-f]{64}", "the SHA-256 of a subject, in hex")
    return Query(
        since=_since(given.get("since"), now, anywhen=subject is not None),
        subject=subject,
        actor=_matching(given, "actor", r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "the name of a bot"),
        type=_matching(
            given, "type", r"https://[!-~]{1,200}", "a predicate type, such as https://…/action/v1"
        ),
    )


def search(query: Query, limit: int, place: Place, now: datetime, index: LogIndex) -> Page:
    """At most `limit` entries from a place on."""
    found: list[IndexedEntry] = []
    after = place.index
    for number, edge in enumerate(edges(query, now)):
        if number < place.edge:
            continue
        while page := index.page(edge, after, limit):
            for entry in page:
                after = entry.index
                if query.matches(entry):
                    found.append(entry)
                if len(found) == limit:
                    return Page(found, Place(number, after))
        after = -1
    return Page(found)


def edges(query: Query, now: datetime) -> Iterator[str]:
    """The edges that hold every match, the most selective that there are; by hour from `since` on."""
    if query.subject is not None:
        yield subject_edge(query.subject)
        return
    hour = query.since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= now + _AHEAD:
        if query.actor is not None:
            yield actor_edge(query.actor, hour)
        elif query.type is not None:
            yield type_edge(query.type, hour)
        else:
            yield hour_edge(hour)
        hour += _HOUR


def issue(query: Query, place: Place) -> str:
    """The cursor for what follows a page; it carries `since`, which a default would move."""
    return cursors.encode([place.edge, place.index, query.since.isoformat()])


def resume(query: Query, cursor: str) -> tuple[Query, Place]:
    """The query and the place a cursor stands for. Raises ContractError for anything `issue` did not make.

    A forged cursor gives no more than another place in what its caller may read anyway.
    """
    try:
        edge, index, since = cursors.decode(cursor)
        at = datetime.fromisoformat(since)
        if type(edge) is not int or type(index) is not int or edge < 0 or index < -1 or at.tzinfo is None:
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise ContractError("the cursor is not one that this search returned", field="cursor") from None
    return Query(at, query.subject, query.actor, query.type), Place(edge, index)


def _since(text: str | None, now: datetime, *, anywhen: bool) -> datetime:
    if text is None:
        return datetime(1970, 1, 1, tzinfo=UTC) if anywhen else now - DEFAULT_SPAN
    since = _instant(text)
    if since is None:
        what = "since is an instant with its offset, such as 2026-01-31T08:00:00Z"
        raise ContractError(what, field="since")
    if not anywhen and now - since > LONGEST_SPAN:
        raise ContractError(
            f"since is at most {LONGEST_SPAN.days} days ago, unless a subject is named", field="since"
        )
    return since


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def _matching(given: Mapping[str, str], name: str, form: str, what: str) -> str | None:
    value = given.get(name)
    if value is not None and not re.fullmatch(form, value):
        raise ContractError(f"{name} is {what}", field=name)
    return value
