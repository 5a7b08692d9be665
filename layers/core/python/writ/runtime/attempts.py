"""How many attempts an action has, and which of them count. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from writ.contracts.errors import BusyError, ContendedError, ForgeBusyError, TransientError, WritError
from writ.ports.actions import ActionRecord
from writ.runtime.outcomes import CRASHED

# One that fails this often has failed; one that was begun this often and never ended is abandoned.
MAX_ATTEMPTS: Final = 5
LAST_ATTEMPT: Final = 20
# A forge that is busy for longer is one that does not work.
BUSY_FOR: Final = timedelta(days=1)


def are_spent(record: ActionRecord, error: Exception, now: datetime) -> bool:
    """Whether the one that ended with this error was the last."""
    return record.attempt >= MAX_ATTEMPTS and busy(record, (error,), now) is None


def busy(record: ActionRecord, errors: Sequence[Exception], now: datetime) -> ForgeBusyError | None:
    """The one of the errors for which an attempt does not count: the forge was not to be asked."""
    began = record.approval.at if record.approval is not None else record.created_at
    if now - began >= BUSY_FOR:
        return None
    return next((error for error in errors if isinstance(error, ForgeBusyError)), None)


def held(record: ActionRecord) -> BusyError:
    """What is told of an action that another attempt holds, or that is left alone until its time."""
    until = record.lease_until
    return BusyError(f"action {record.action.id} is held until {until.isoformat()}", until=until)


def released(record: ActionRecord, until: ForgeBusyError | None, now: datetime) -> dict[str, Any]:
    """The changes by which an attempt leaves the action to the next one, which may begin now or at that time.

    The next one is never the first, so that it looks for what this one may have done.
    """
    if until is None:
        return {"lease_until": now}
    return {"lease_until": until.until, "attempt": max(1, record.attempt - 1)}


def unsettled(record: ActionRecord, errors: Sequence[Exception]) -> TransientError:
    """What is told of an attempt that left it: the first error's code, and what the last one let be known."""
    first, last = errors[0], errors[-1]
    code = first.code if isinstance(first, WritError) else CRASHED
    how = "failed" if len(errors) == 1 else "is unsettled"
    why = last.code if isinstance(last, WritError) else type(last).__name__
    message = f"{record.action.name} {how}: {why}"
    if isinstance(first, ContendedError):
        return ContendedError(message, code=code, until=first.until)
    return TransientError(message, code=code)
