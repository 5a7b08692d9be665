"""When what is deprecated ends: `x-sunset`, or the header `Sunset` of RFC 8594 in the responses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from writ.openapi.change import Found, shown

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Whether a part is deprecated, and until when it is kept; `unreadable` is a date that is none."""

    deprecated: bool = False
    until: date | None = None
    unreadable: str | None = None


def lifetime(part: Mapping[str, Any]) -> Lifetime:
    """The lifetime that a part declares. Never raises; a sunset that is not read is kept as unreadable.

    The day is in UTC. It is written as RFC 3339 has it (a date, or a date and time) or as an HTTP date.
    """
    if part.get("deprecated") is not True:
        return Lifetime()
    said = part.get("x-sunset", _header(part))
    if said is None:
        return Lifetime(deprecated=True)
    day = _day(said)
    return Lifetime(True, day, None if day else shown(said))


def removed(thing: str, name: str, last: Lifetime, today: date) -> Found:
    """The rule for a part that is gone, by what was announced of it."""
    if not last.deprecated:
        return Found(f"{name}.removed", f"{thing} is gone, without deprecation")
    if last.unreadable is not None:
        return Found(
            f"{name}.removed-sunset-unreadable", f"{thing} is gone; sunset {last.unreadable} is no date"
        )
    if last.until is None:
        return Found(
            f"{name}.removed-without-sunset", f"{thing} is gone; deprecated, but until when was not said"
        )
    if last.until > today:
        return Found(f"{name}.removed-before-sunset", f"{thing} is gone; it was promised until {last.until}")
    return Found(f"{name}.removed-after-sunset", f"{thing} is gone; its sunset was {last.until}")


def announced(name: str, old: Lifetime, new: Lifetime) -> Iterator[Found]:
    """What changed in the lifetime of a part that is still there."""
    if new.deprecated and not old.deprecated:
        until = f" until {new.until}" if new.until else ", and until when is not said"
        yield Found(f"{name}.deprecated", f"is deprecated{until}")
    elif old.deprecated and not new.deprecated:
        yield Found(f"{name}.reinstated", "is deprecated no more")
    elif old.until is not None and new.until is not None and new.until < old.until:
        yield Found(f"{name}.sunset-earlier", f"ends on {new.until}; {old.until} was promised")
    elif (old.until, old.unreadable) != (new.until, new.unreadable):
        before, after = (each.until or each.unreadable or "no day" for each in (old, new))
        yield Found(f"{name}.sunset-changed", f"sunset was {before}, now {after}")


def _header(part: Mapping[str, Any]) -> Any:
    """The fixed value of a header `Sunset` that a response of the operation documents."""
    responses = part.get("responses")
    for response in responses.values() if isinstance(responses, Mapping) else ():
        headers = response.get("headers") if isinstance(response, Mapping) else None
        for name, header in headers.items() if isinstance(headers, Mapping) else ():
            if str(name).lower() != "sunset" or not isinstance(header, Mapping):
                continue
            schema = header.get("schema")
            places = (header, schema if isinstance(schema, Mapping) else {})
            for field in ("const", "default", "example"):
                for place in places:
                    if field in place:
                        return place[field]
    return None


def _day(said: Any) -> date | None:
    if not isinstance(said, str) or len(said) > 64:
        return None
    try:
        if _DAY.fullmatch(said):
            return date.fromisoformat(said)
        moment = datetime.fromisoformat(said) if said[:1].isdigit() else parsedate_to_datetime(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
