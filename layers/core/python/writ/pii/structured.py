"""What the form of a text says about it: its lines, JSON by the names of its fields, and log lines."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from writ.pii.allowed import RESERVED, Allowed
from writ.pii.finding import Confidence, Finding
from writ.pii.scan import ALL, scan
from writ.pii.stream import Window, windows

_Ask = Callable[[str], list[Finding]]
_DEEPEST: Final = 64
_REST: Final = 512
_NAMES_OF_PERSONS: Final = frozenset(
    word
    for line in ("firstname lastname fullname surname givenname familyname middlename maidenname",)
    for word in line.split()
)


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with where a person looks for it: lines and columns from 1, or a JSON pointer (RFC 6901).

    `column` is 0 where the line begins too far before. `value` is what was found, for who compares it with a
    baseline, and `rest` what stands behind it in its line; neither is ever shown.
    """

    finding: Finding
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    pointer: str = ""
    value: str = field(default="", repr=False)
    rest: str = field(default="", repr=False)


def scan_lines(
    chunks: Iterable[str],
    *,
    kinds: Collection[str] = ALL,
    least: Confidence = Confidence.MEDIUM,
    allowed: Allowed = RESERVED,
) -> Iterator[Located]:
    """What a text of any length has, by line; it is held in parts."""
    base, passed = 0, 1
    before = ""
    for part in windows(chunks, kinds=kinds, least=least, allowed=allowed):
        passed += before.count("\n", 0, part.base - base)
        base, before = part.base, part.text
        if part.findings:
            starts = [0, *(place.end() for place in re.finditer("\n", part.text))]
            for finding in part.findings:
                yield _located(part, finding, starts, passed)


def _located(part: Window, finding: Finding, starts: list[int], first_line: int) -> Located:
    text, start, end = part.text, finding.start, finding.end
    line, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
    stop = text.find("\n", end, end + _REST)
    return Located(
        replace(finding, start=part.base + start, end=part.base + end),
        line=first_line + line,
        column=start - starts[line] + 1 if line or not part.base else 0,
        end_line=first_line + last,
        end_column=end - starts[last] + 1 if last or not part.base else 0,
        value=text[start:end],
        rest=text[end : stop if stop >= 0 else end + _REST],
    )


def scan_json(
    value: Any,
    *,
    kinds: Collection[str] = ALL,
    least: Confidence = Confidence.MEDIUM,
    allowed: Allowed = RESERVED,
) -> Iterator[Located]:
    """What the texts and numbers of a JSON value have; the name of a field counts as words before its value.

    Places are those in the value. Values deeper than 64 levels are not looked at.
    """
    yield from _inside(value, "", "", 0, partial(scan, kinds=kinds, least=least, allowed=allowed))


def _inside(value: Any, path: str, name: str, depth: int, ask: _Ask) -> Iterator[Located]:
    if depth > _DEEPEST or value is None or isinstance(value, bool):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            pointer = f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"
            yield from _inside(item, pointer, str(key), depth + 1, ask)
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from _inside(item, f"{path}/{place}", name, depth + 1, ask)
    else:
        before, said = _spoken(name), str(value)
        for found in ask(before + said):
            if found.start >= len(before):
                start, end = found.start - len(before), found.end - len(before)
                moved = replace(found, start=start, end=end)
                yield Located(moved, pointer=path, value=said[start:end])


def _spoken(name: str) -> str:
    """A field's name as words, then as it is: `phoneNumber` is `phone Number phoneNumber: `."""
    if not name:
        return ""
    if re.sub(r"[^a-z]", "", name.lower()) in _NAMES_OF_PERSONS:
        return "name: "
    split = re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]+", " ", name)
    return f"{split} {name}: " if split != name else f"{name}: "


def scan_log(
    lines: Iterable[str],
    *,
    kinds: Collection[str] = ALL,
    least: Confidence = Confidence.MEDIUM,
    allowed: Allowed = RESERVED,
) -> Iterator[Located]:
    """What those of some lines have that are JSON objects, as `scan_json` reads them, by line from 1."""
    for number, line in enumerate(lines, 1):
        if (parsed := _parsed(line)) is not None:
            for located in scan_json(parsed, kinds=kinds, least=least, allowed=allowed):
                yield replace(located, line=number, end_line=number)


def _parsed(line: str) -> Any:
    if not line.startswith("{"):
        return None
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
