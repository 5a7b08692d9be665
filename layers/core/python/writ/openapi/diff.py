"""The difference of two OpenAPI documents, and the version it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from semver import Version

from writ.contracts.errors import ContractError
from writ.openapi.change import Change, Direction, Verdict
from writ.openapi.context import Context
from writ.openapi.document import Document, UnreadableError
from writ.openapi.operations import compare_paths
from writ.openapi.servers import compare_servers, servers_of
from writ.release.versions import Bump, core, parse_version, raised


@dataclass(frozen=True, slots=True)
class ApiDiff:
    """The changes, grouped by operation, the worst first; and the versions that the documents give."""

    changes: tuple[Change, ...]
    old_version: str | None = None
    new_version: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of a change; compatible where there is none."""
        return min(
            (each.verdict for each in self.changes), key=lambda each: each.rank, default=Verdict.COMPATIBLE
        )

    @property
    def bump(self) -> Bump:
        """The bump that the changes ask for by SemVer. What is unknown may be breaking, and asks for that."""
        if not self.changes:
            return Bump.NONE
        return Bump.MINOR if self.verdict is Verdict.COMPATIBLE else Bump.MAJOR

    @property
    def next_version(self) -> str | None:
        """The version after the old one; before 1.0.0 what breaks raises the second number.

        None where the old document's version is not one of SemVer.
        """
        before = _version(self.old_version)
        if before is None:
            return None
        bump = Bump.MINOR if before.major == 0 and self.bump is Bump.MAJOR else self.bump
        return str(raised(before, bump))

    @property
    def declared(self) -> bool | None:
        """Whether the new document's version is at least the next; None where either is not of SemVer."""
        wanted, after = _version(self.next_version), _version(self.new_version)
        return None if wanted is None or after is None else core(after) >= wanted

    def count(self, verdict: Verdict) -> int:
        return sum(each.verdict is verdict for each in self.changes)


def _version(text: str | None) -> Version | None:
    try:
        return None if text is None else parse_version(text)
    except ContractError:
        return None


def diff(old: Any, new: Any, today: date) -> ApiDiff:
    """What a client of the old document meets under the new one. Never raises.

    Parameters
    ----------
    old, new
        OpenAPI 3.0 or 3.1 documents as JSON values. What cannot be read of them, and what they refer to
        outside themselves, is a change whose verdict is unknown, also where both have it.
    today
        The day, in UTC, on which sunsets are judged.
    """
    read: list[Document] = []
    unreadable: list[Change] = []
    for word, value in (("old", old), ("new", new)):
        try:
            read.append(Document(value))
        except UnreadableError as error:
            message = f"the {word} document is not read: {error.message}"
            unreadable.append(_unknown(error.code, message))
    if unreadable:
        return ApiDiff(tuple(unreadable))
    context = Context(read[0], read[1], today)
    try:
        _compare(context)
    except RecursionError:
        context.changes.append(_unknown("document.too-large", "parts are nested too deeply to be compared"))
    changes = tuple(sorted(dict.fromkeys(context.changes), key=_order(context.changes)))
    return ApiDiff(changes, read[0].info_version, read[1].info_version)


def _compare(context: Context) -> None:
    where = context.at()
    if context.old.says != context.new.says:
        where.add("document.version-changed", f"OpenAPI was {context.old.says}, now {context.new.says}")
    with where.readable():
        compare_servers(where, servers_of(context.old.root), servers_of(context.new.root))
    compare_paths(context)


def _unknown(rule: str, message: str) -> Change:
    return Change(rule, Verdict.UNKNOWN, Direction.REQUEST, "", "", message)


def _order(changes: list[Change]) -> Any:
    """Operations by their worst change and then as the documents have them; the worst of each first."""
    worst: dict[str, int] = {}
    place: Mapping[str, int]
    for each in changes:
        worst[each.operation] = min(worst.get(each.operation, each.verdict.rank), each.verdict.rank)
    place = {name: at for at, name in enumerate(worst)}
    return lambda each: (worst[each.operation], place[each.operation], each.verdict.rank)
