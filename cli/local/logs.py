"""Log lines of a bot, from CloudWatch Logs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.text import Text

from cli.output import CommandError, UsageError
from cli.plane import Plane, calling

_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_COLOURS: Final = {"ERROR": "red", "CRITICAL": "bold red", "WARNING": "yellow"}
_NOISE: Final = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
_POLL_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when, how severe, what; `fields` are the rest of a structured one."""

    at: datetime
    level: str
    message: str
    fields: dict[str, Any]

    def document(self) -> dict[str, Any]:
        return {"at": self.at.isoformat(), "level": self.level, "message": self.message, **self.fields}

    def text(self) -> Text:
        rest = " ".join(f"{name}={_short(value)}" for name, value in self.fields.items())
        style = _COLOURS.get(self.level, "")
        return Text.assemble(
            (f"{self.at:%H:%M:%S} ", "dim"), (f"{self.level:<8}", style), self.message, (f"  {rest}", "dim")
        )


def span(text: str) -> timedelta:
    """`90s`, `10m`, `2h` or `1d`. Raises UsageError for anything else."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is no time span", field="--since", hint="e.g. 90s, 10m, 2h or 1d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parse(timestamp_ms: int, message: str) -> Line | None:
    """A line as Powertools wrote it, or as it stands; None for Lambda's own bookkeeping and metrics."""
    at = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    text = message.strip()
    if not text or text.startswith(_NOISE):
        return None
    try:
        record = json.loads(text)
    except ValueError:
        return Line(at, "", text, {})
    if not isinstance(record, dict):
        return Line(at, "", text, {})
    if "_aws" in record:
        return None
    hidden = ("level", "message", "timestamp", "location", "service", "xray_trace_id")
    fields = {name: value for name, value in record.items() if name not in hidden}
    return Line(at, str(record.get("level", "")), str(record.get("message", "")), fields)


def read(plane: Plane, function: str, since: timedelta, *, follow: bool = False) -> Iterator[Line]:
    """Lines of a function in order of time; with `follow`, without end.

    Raises CommandError for a function that never logged.
    """
    logs = plane.aws("logs")
    start = int((time.time() - since.total_seconds()) * 1000)
    seen: set[str] = set()
    while True:
        newest = start
        for event in _events(logs, plane.log_group(function), start):
            known = str(event.get("eventId") or f"{event['timestamp']} {event['message']}")
            if known in seen:
                continue
            seen.add(known)
            newest = max(newest, int(event["timestamp"]))
            if (line := parse(int(event["timestamp"]), event["message"])) is not None:
                yield line
        if not follow:
            return
        start = newest
        time.sleep(_POLL_S)


def _events(logs: Any, group: str, start: int) -> Iterator[dict[str, Any]]:
    function = group.rpartition("/")[2].split("-", 2)[-1]
    with calling(f"reading the log of {function}"):
        try:
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start):
                yield from page["events"]
        except logs.exceptions.ResourceNotFoundException:
            raise CommandError(
                f"there is no log of {function}", code="not_found", hint="writ bots list"
            ) from None


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), default=str)
    return text if len(text) <= 120 else text[:119] + "…"
