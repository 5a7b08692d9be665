"""What a standing action needs. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from writ.ports.actions import ActionRecord, Phase
from writ.ports.approvals import ApprovalRequest
from writ.runtime.attempts import LAST_ATTEMPT

# Clocks differ, and an attempt that has just run out of time may still be writing.
MARGIN: Final = timedelta(seconds=30)
PATIENCE: Final = timedelta(hours=1)


class Remedy(StrEnum):
    """LEAVE: nothing is wrong yet. WAKE: tell the bot. EXPIRE: end the waiting, then tell the bot.

    MAKE_KNOWN: an answer is recorded, its bot may not know. REARM: an answer was begun and never given.
    ABANDON: the bot had its chances.
    """

    LEAVE = "leave"
    WAKE = "wake"
    EXPIRE = "expire"
    MAKE_KNOWN = "make_known"
    REARM = "rearm"
    ABANDON = "abandon"


def diagnose(record: ActionRecord, request: ApprovalRequest | None, now: datetime) -> Remedy:
    """The remedy for an action whose lease, or whose time to be answered, is over.

    `request` is what a person was asked, for an action that waits.
    """
    overdue = now - record.lease_until
    if record.phase is Phase.CLOSED or overdue < timedelta(0):
        return Remedy.LEAVE
    if record.phase is Phase.CLAIMED:
        if overdue < MARGIN:
            return Remedy.LEAVE
        return Remedy.ABANDON if overdue > PATIENCE or record.attempt > LAST_ATTEMPT else Remedy.WAKE
    return _diagnose_waiting(request, overdue, now)


def _diagnose_waiting(request: ApprovalRequest | None, overdue: timedelta, now: datetime) -> Remedy:
    if request is None:  # nobody can answer what was never asked
        return Remedy.ABANDON if overdue > PATIENCE else Remedy.LEAVE
    if request.answer is None and not request.expired:
        return Remedy.EXPIRE if now >= request.expires_at else Remedy.REARM
    if overdue > PATIENCE:
        return Remedy.ABANDON
    return Remedy.WAKE if request.answer is None else Remedy.MAKE_KNOWN
