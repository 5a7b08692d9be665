"""Texts of files in parts, whatever their size and encoding, and what detectors find in them."""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from writ.gates.tree import Change
from writ.pii.kinds import BY_ID
from writ.pii.structured import Located, scan_json, scan_lines, scan_log

# Names and streets are known by words alone, which code is full of.
KINDS: Final = frozenset(BY_ID) - {"person", "postal_address"}
_HEAD: Final = 8192
_SMALL: Final = 4 << 20
_BREAK: Final = 1 << 16  # a longer line is read in parts
_LOGS: Final = (".log", ".jsonl", ".ndjson")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
Open = Callable[[], Iterable[bytes]]


def texts(parts: Iterable[bytes]) -> Iterator[str] | None:
    """The text of a file in parts; None of a binary one, which has a NUL in its first 8 KiB and no mark.

    What is not UTF-8 is read as Latin-1, in which every credential still is itself.
    """
    rest = iter(parts)
    first = next(rest, b"")
    encoding = next((name for mark, name in _MARKS if first.startswith(mark)), None)
    if encoding is None and b"\0" in first[:_HEAD]:
        return None
    return _decoded(encoding or "utf-8", chain([first], rest))


def _decoded(encoding: str, parts: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="writ-latin-1")
    for part in parts:
        yield decoder.decode(part)
    yield decoder.decode(b"", final=True)


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("writ-latin-1", _as_latin_1)


def found_in(path: str, content: Open) -> list[Located] | None:
    """What a file has of any kind, in order; None of a binary one.

    A log's lines, and a JSON file, are read as JSON beside, where the names of fields are words too.
    """
    parts = texts(content())
    if parts is None:
        return None
    found = list(scan_lines(parts, kinds=KINDS))
    if path.lower().endswith(_LOGS):
        found += scan_log(_lines(texts(content()) or ()), kinds=KINDS)
    elif path.lower().endswith(".json"):
        found += _in_json(texts(content()) or ())
    seen = set[tuple[int, str]]()
    kept = []
    for each in found:
        if (each.line, each.value) not in seen:
            seen.add((each.line, each.value))
            kept.append(each)
    return sorted(kept, key=lambda each: (each.line, each.column))


def _lines(parts: Iterable[str]) -> Iterator[str]:
    held = ""
    for part in parts:
        *lines, held = (held + part).split("\n")
        yield from lines
        if len(held) > _BREAK:
            yield held
            held = ""
    yield held


def _in_json(parts: Iterable[str]) -> Iterator[Located]:
    text = ""
    for part in parts:
        text += part
        if len(text) > _SMALL:
            return
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    for located in scan_json(document, kinds=KINDS):
        place = text.find(json.dumps(located.value, ensure_ascii=False)[1:-1])
        line = text.count("\n", 0, place) + 1 if place >= 0 else 0
        yield replace(located, line=line, end_line=line)


def added(change: Change) -> Callable[[int, int], bool]:
    """Whether one of the lines from the first to the last is more than was there before, anywhere in it."""
    if change.before is None:
        return lambda _first, _last: True
    before = Counter(_split(change.before))
    lines = _split(change.after or b"")
    more = Counter(lines) - before
    new = {number for number, line in enumerate(lines, 1) if line in more}
    return lambda first, last: any(number in new for number in range(first, last + 1))


def _split(content: bytes) -> list[bytes]:
    return re.split(rb"\r?\n", content)
