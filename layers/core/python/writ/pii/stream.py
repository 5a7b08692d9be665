"""Texts that do not fit in memory: scanned in windows that overlap, so that no border hides a finding."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from writ.pii.allowed import RESERVED, Allowed
from writ.pii.finding import Confidence, Finding
from writ.pii.scan import ALL, scan
from writ.pii.tokens import LONGEST

CONTEXT: Final = 256
"""Characters before a finding that have a say in it: words that name it, what it must not follow."""
_WINDOW: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a text that begins at place `base` of the whole; findings have their places in the part."""

    text: str
    base: int
    findings: tuple[Finding, ...]


def scan_stream(
    chunks: Iterable[str],
    *,
    kinds: Collection[str] = ALL,
    least: Confidence = Confidence.MEDIUM,
    allowed: Allowed = RESERVED,
    window: int = _WINDOW,
    reach: int = LONGEST,
) -> Iterator[Finding]:
    """What `scan` finds in the chunks joined, with places in the whole; some `window` characters are held.

    A finding longer than `reach` may be cut; nothing that a detector finds is longer than the default.
    """
    for part in windows(chunks, kinds=kinds, least=least, allowed=allowed, window=window, reach=reach):
        for found in part.findings:
            yield replace(found, start=part.base + found.start, end=part.base + found.end)


def windows(
    chunks: Iterable[str],
    *,
    kinds: Collection[str] = ALL,
    least: Confidence = Confidence.MEDIUM,
    allowed: Allowed = RESERVED,
    window: int = _WINDOW,
    reach: int = LONGEST,
) -> Iterator[Window]:
    """The same, for who must see the text around a finding: each finding is in one window, whole."""
    held, base, reported = "", 0, 0
    parts: list[str] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size < window + reach:
            continue
        held += "".join(parts)
        found = scan(held, kinds=kinds, least=least, allowed=allowed)
        cut = _cut(held, found, len(held) - reach)
        yield Window(held, base, _between(found, reported - base, cut))
        reported = base + cut
        kept = max(0, cut - CONTEXT)
        held, base = held[kept:], base + kept
        parts, size = [], len(held)
    held += "".join(parts)
    found = scan(held, kinds=kinds, least=least, allowed=allowed)
    yield Window(held, base, _between(found, reported - base, len(held)))


def _cut(text: str, found: list[Finding], at: int) -> int:
    """A place at or before this one, after a line where there is one near, and inside no finding."""
    line = text.rfind("\n", max(0, at - CONTEXT), at) + 1
    place = line or at
    for finding in found:
        if finding.start < place < finding.end:
            return finding.start
    return place


def _between(found: list[Finding], first: int, last: int) -> tuple[Finding, ...]:
    return tuple(finding for finding in found if first <= finding.start < last)
