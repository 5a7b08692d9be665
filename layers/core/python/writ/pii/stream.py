"""Texts that do not fit in memory: scanned in windows that overlap, so that no border hides a finding."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final

from writ.pii.allowed import RESERVED, Allowed
from writ.pii.finding import Confidence, Finding
from writ.pii.scan import ALL, scan
from writ.pii.tokens import LONGEST

CONTEXT: Final = 256
"""Characters before a finding that have a say in it: words that name it, what it must not follow."""
_WINDOW: Final = 1 << 20


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
        yield from _between(found, base, reported, base + cut)
        reported = base + cut
        kept = max(0, cut - CONTEXT)
        held, base = held[kept:], base + kept
        parts, size = [], len(held)
    held += "".join(parts)
    found = scan(held, kinds=kinds, least=least, allowed=allowed)
    yield from _between(found, base, reported, base + len(held))


def _cut(text: str, found: list[Finding], at: int) -> int:
    """A place at or before this one, after a line where there is one near, and inside no finding."""
    line = text.rfind("\n", max(0, at - CONTEXT), at) + 1
    place = line or at
    for finding in found:
        if finding.start < place < finding.end:
            return finding.start
    return place


def _between(found: list[Finding], base: int, first: int, last: int) -> Iterator[Finding]:
    for finding in found:
        if first <= base + finding.start < last:
            yield replace(finding, start=base + finding.start, end=base + finding.end)
