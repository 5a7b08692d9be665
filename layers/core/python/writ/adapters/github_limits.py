"""What GitHub's refusals mean, and until when it wants to be left alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from writ.contracts.errors import ForgeBusyError, PermanentError, TransientError, WritError

# GitHub's limits start anew every hour; whatever it says, it is asked again after that.
LONGEST_WAIT: Final = timedelta(hours=1)
# Without a hint GitHub wants at least a minute after it refused for a limit:
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
SHORTEST_WAIT: Final = timedelta(minutes=1)
_SERVER_ERROR: Final = 500
Refusals = Mapping[int, tuple[str, str]]


def failure(
    status: int, headers: Mapping[str, str], now: datetime, refusals: Refusals, family: str = "forge"
) -> WritError:
    """The error for an answer that is no success, by its status and what it says of limits.

    `refusals`: code and message by status, for what trying again cannot help. `family` begins other codes.
    """
    fields = {name.lower(): value for name, value in headers.items()}
    until = _until(fields, now)
    # A limit may come as 403 as well, and is told from a lack of rights by these headers only.
    limited = status == 429 or (status == 403 and until is not None)
    if limited or (status >= _SERVER_ERROR and until is not None):
        message = f"GitHub answered {status} and asks to wait"
        return ForgeBusyError(message, until or now + SHORTEST_WAIT, code=f"{family}.busy")
    if status >= _SERVER_ERROR:
        return TransientError(f"GitHub answered {status}", code=f"{family}.unavailable")
    code, message = refusals.get(status, (f"{family}.refused", f"GitHub answered {status}"))
    return PermanentError(message, code=code)


def _until(fields: Mapping[str, str], now: datetime) -> datetime | None:
    """When GitHub may be asked again: by Retry-After, else by the end of a limit that is used up."""
    wait = _retry_after(fields.get("retry-after", ""), now)
    reset = fields.get("x-ratelimit-reset", "")
    if wait is None and fields.get("x-ratelimit-remaining") == "0" and _is_number(reset):
        wait = timedelta(seconds=int(reset) - now.timestamp())
    return None if wait is None else now + min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)


def _retry_after(text: str, now: datetime) -> timedelta | None:
    """RFC 9110, section 10.2.3: seconds, or a date."""
    if _is_number(text):
        return timedelta(seconds=int(text))
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) - now


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10
