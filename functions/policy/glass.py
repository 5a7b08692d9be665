"""The document that holds break-glass, as pure functions of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from functions.policy import book
from writ.contracts.errors import ConflictError, NotFoundError, WritError
from writ.policy.break_glass import APPROVALS, BreakGlass, Stage, Word

MOST: Final = 50


def kept(items: Sequence[BreakGlass], now: datetime) -> tuple[BreakGlass, ...]:
    """Those that are still of interest, by id."""
    return tuple(sorted((item for item in items if item.kept(now)), key=lambda item: item.id))


def asked(items: Sequence[BreakGlass], item: BreakGlass, now: datetime) -> tuple[BreakGlass, ...]:
    """One more request. Raises ConflictError for an id that is taken, or when there is no room."""
    before = kept(items, now)
    if any(other.id == item.id for other in before):
        raise ConflictError(f"there is a {item.id} already", field="id")
    after = kept((*before, item), now)
    if len(after) > MOST or len(book.dump(after).encode()) > book.MAX_BYTES:
        raise ConflictError("there is no room for another one", code="conflict.full", field="id")
    return after


def approved(items: Sequence[BreakGlass], id: str, word: Word, now: datetime) -> tuple[BreakGlass, ...]:
    """One more approval; the second opens it from now on.

    Raises NotFoundError, ConflictError where it does not wait for any, WritError `forbidden.four_eyes` for
    whoever asked for it or approved it before.
    """
    glass = _find(items, id, now)
    _require(glass, (Stage.ASKED,), now, "waits for no approval")
    if word.person in glass.people:
        message = "two others approve it: neither who asked nor who approved before"
        raise WritError(message, code="forbidden.four_eyes", field="id")
    approvals = (*glass.approvals, word)
    ends_at = now + timedelta(minutes=glass.minutes) if len(approvals) == APPROVALS else None
    return _replaced(items, glass.model_copy(update={"approvals": approvals, "ends_at": ends_at}), now)


def closed(items: Sequence[BreakGlass], id: str, now: datetime) -> tuple[BreakGlass, ...]:
    """One that ends now. Raises NotFoundError, ConflictError where it is not open."""
    glass = _find(items, id, now)
    _require(glass, (Stage.OPEN,), now, "is not open")
    return _replaced(items, glass.model_copy(update={"ends_at": now}), now)


def reviewed(items: Sequence[BreakGlass], id: str, word: Word, now: datetime) -> tuple[BreakGlass, ...]:
    """One that somebody looked at. Raises NotFoundError, ConflictError while it is not over, WritError
    `forbidden.four_eyes` for whoever had a part in it.
    """
    glass = _find(items, id, now)
    _require(glass, (Stage.UNREVIEWED, Stage.OVERDUE), now, "has nothing to review")
    if word.person in glass.people:
        message = "somebody reviews it who neither asked nor approved"
        raise WritError(message, code="forbidden.four_eyes", field="id")
    return _replaced(items, glass.model_copy(update={"review": word}), now)


def find(items: Sequence[BreakGlass], id: str) -> BreakGlass:
    """Raises NotFoundError."""
    found = next((item for item in items if item.id == id), None)
    if found is None:
        raise NotFoundError(f"there is no break-glass {id}", field="id")
    return found


def _find(items: Sequence[BreakGlass], id: str, now: datetime) -> BreakGlass:
    return find(kept(items, now), id)


def _require(glass: BreakGlass, stages: Sequence[Stage], now: datetime, complaint: str) -> None:
    stage = glass.stage(now)
    if stage not in stages:
        message = f"{glass.id} is {stage.value}: it {complaint}"
        raise ConflictError(message, code=f"conflict.{stage.value}", field="id")


def _replaced(items: Sequence[BreakGlass], glass: BreakGlass, now: datetime) -> tuple[BreakGlass, ...]:
    return tuple(glass if item.id == glass.id else item for item in kept(items, now))
