"""What the form of a text says about it: diffs, JSON by the names of its fields, and log lines."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from writ.contracts.errors import ContractError
from writ.pii.allowed import RESERVED, Allowed
from writ.pii.finding import Confidence, Finding
from writ.pii.scan import scan

_DEEPEST: Final = 64
_NAMES_OF_PERSONS: Final = frozenset(
    word
    for line in ("firstname lastname fullname surname givenname familyname middlename maidenname",)
    for word in line.split()
)


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with where a person looks for it: a file and its line from 1, or a JSON pointer (RFC 6901).

    The finding's own places are those in the line, or in the value.
    """

    path: str
    line: int
    finding: Finding


@cache
def _hunk() -> re.Pattern[str]:
    return re.compile(r"@@ -[0-9]+(?:,([0-9]+))? \+([0-9]+)(?:,([0-9]+))? @@")


def scan_file(
    path: str,
    text: str,
    *,
    least: Confidence = Confidence.MEDIUM,
    allowed: Allowed = RESERVED,
    first_line: int = 1,
) -> Iterator[Located]:
    """What a file has, by line; a finding over several lines is at its first."""
    found = scan(text, least=least, allowed=allowed)
    if not found:
        return
    lines = [0, *(place.end() for place in re.finditer("\n", text))]
    for finding in found:
        line = bisect_right(lines, finding.start)
        begin = lines[line - 1]
        moved = replace(finding, start=finding.start - begin, end=finding.end - begin)
        yield Located(path, first_line + line - 1, moved)


def scan_diff(
    diff: str, *, least: Confidence = Confidence.MEDIUM, allowed: Allowed = RESERVED
) -> Iterator[Located]:
    """What the added lines of a unified diff have, with the file and the line in its new version.

    Lines added one after the other are one text, so that a key of several lines is found. Raises
    ContractError for a hunk that ends before its header says.
    """
    for path, first, lines in _added(diff.split("\n")):
        yield from scan_file(path, "\n".join(lines), least=least, allowed=allowed, first_line=first)


def _added(lines: list[str]) -> Iterator[tuple[str, int, list[str]]]:
    path, place = "", 0
    while place < len(lines):
        line = lines[place]
        place += 1
        if line.startswith("+++ "):
            path = _path(line[4:])
        elif header := _hunk().match(line):
            old, new = int(header[1] or 1), int(header[3] or 1)
            number, first, block = int(header[2]), int(header[2]), list[str]()
            while old > 0 or new > 0:
                if place == len(lines):
                    raise ContractError(f"the hunk of {path} ends early", field="diff", code="pii.diff")
                line = lines[place]
                place += 1
                if line.startswith("+"):
                    first = number if not block else first
                    block.append(line[1:])
                    new, number = new - 1, number + 1
                    continue
                if block:
                    yield path, first, block
                    block = []
                if line.startswith("-"):
                    old -= 1
                elif not line.startswith("\\"):
                    old, new, number = old - 1, new - 1, number + 1
            if block:
                yield path, first, block


def _path(header: str) -> str:
    name = header.split("\t", 1)[0].strip().strip('"')
    return name[2:] if name.startswith("b/") else name


def scan_json(
    value: Any, *, least: Confidence = Confidence.MEDIUM, allowed: Allowed = RESERVED, path: str = ""
) -> Iterator[Located]:
    """What the texts and numbers of a JSON value have; the name of a field counts as words before its value.

    `line` is 0. Values deeper than 64 levels are not looked at.
    """
    yield from _inside(value, path, "", 0, (least, allowed))


def _inside(
    value: Any, path: str, name: str, depth: int, asked: tuple[Confidence, Allowed]
) -> Iterator[Located]:
    if depth > _DEEPEST or value is None or isinstance(value, bool):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            pointer = f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"
            yield from _inside(item, pointer, str(key), depth + 1, asked)
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from _inside(item, f"{path}/{place}", name, depth + 1, asked)
    else:
        before = _spoken(name)
        for found in scan(f"{before}{value}", least=asked[0], allowed=asked[1]):
            if found.start >= len(before):
                moved = replace(found, start=found.start - len(before), end=found.end - len(before))
                yield Located(path, 0, moved)


def _spoken(name: str) -> str:
    """A field's name as words, then as it is: `phoneNumber` is `phone Number phoneNumber: `."""
    if not name:
        return ""
    if re.sub(r"[^a-z]", "", name.lower()) in _NAMES_OF_PERSONS:
        return "name: "
    split = re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]+", " ", name)
    return f"{split} {name}: " if split != name else f"{name}: "


def scan_log(
    lines: Iterable[str], *, least: Confidence = Confidence.MEDIUM, allowed: Allowed = RESERVED
) -> Iterator[Located]:
    """What log lines have, by line from 1; a line that is a JSON object is read as one."""
    for number, line in enumerate(lines, 1):
        parsed = _parsed(line)
        found = (
            scan_file("", line, least=least, allowed=allowed)
            if parsed is None
            else scan_json(parsed, least=least, allowed=allowed)
        )
        for located in found:
            yield replace(located, line=number)


def _parsed(line: str) -> Any:
    if not line.startswith("{"):
        return None
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
