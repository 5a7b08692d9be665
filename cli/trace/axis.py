"""A time axis on which days of waiting take no more room than the milliseconds of work beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from writ.trace.span import WAITED, Span

# A stretch in which nothing ran is cut out when it is longer than this, and than all the work together.
SHORTEST_CUT_NS: Final = 1_000_000_000
CUT_COLUMNS: Final = 3


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the axis, in nanoseconds and in columns; one that is `cut` is not to scale."""

    start_ns: int
    end_ns: int
    left: float
    right: float
    cut: bool

    @property
    def length_ns(self) -> int:
        return self.end_ns - self.start_ns


@dataclass(frozen=True, slots=True)
class Axis:
    """From the first moment to the last, over a number of columns."""

    stretches: Sequence[Stretch]
    columns: int

    def place(self, moment_ns: int) -> float:
        """The column of a moment; one outside is at the end that is nearer."""
        for stretch in self.stretches:
            if moment_ns <= stretch.end_ns:
                share = (moment_ns - stretch.start_ns) / max(1, stretch.length_ns)
                return stretch.left + max(0.0, share) * (stretch.right - stretch.left)
        return float(self.columns)

    @property
    def cuts(self) -> list[Stretch]:
        return [stretch for stretch in self.stretches if stretch.cut]


def axis_of(spans: Sequence[Span], columns: int) -> Axis:
    """The axis of some spans, of which there is one at least."""
    working = [span for span in spans if WAITED not in span.attributes]
    busy = _united((span.start_ns, span.end_ns) for span in working or spans)
    first, last = min(span.start_ns for span in spans), max(span.end_ns for span in spans)
    longest = max(SHORTEST_CUT_NS, sum(end - start for start, end in busy))
    parts: list[tuple[int, int, bool]] = []
    at = first
    for start, end in [*busy, (last, last)]:
        if start - at > longest:
            parts.append((at, start, True))
            at = start
        if end > at:
            if parts and not parts[-1][2]:
                at = parts.pop()[0]
            parts.append((at, end, False))
            at = end
    return _laid_out(parts or [(first, last, False)], columns)


def _laid_out(parts: Sequence[tuple[int, int, bool]], columns: int) -> Axis:
    cuts = sum(cut for _, _, cut in parts)
    room = max(1, columns - cuts * CUT_COLUMNS)
    length = sum(end - start for start, end, cut in parts if not cut) or 1
    stretches: list[Stretch] = []
    left = 0.0
    for start, end, cut in parts:
        right = left + (CUT_COLUMNS if cut else room * (end - start) / length)
        stretches.append(Stretch(start, end, left, right, cut))
        left = right
    return Axis(stretches, columns)


def _united(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    united: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united
