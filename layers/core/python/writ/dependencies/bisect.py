"""Finds the members of a group that make its checks fail, alone or together, by delta debugging. Pure.

Source: Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input (2002,
doi:10.1109/32.988498), algorithm ddmin: what it finds is 1-minimal: without any one of its members
the checks pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Subset = frozenset[str]


class Result(StrEnum):
    """What checks said of a subset; `unclear` where they ended otherwise, cancelled say."""

    PASSED = "passed"
    FAILED = "failed"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Try:
    """The next subset to have checked; the empty one is the base as it is."""

    subset: Subset


@dataclass(frozen=True)
class Found:
    """A smallest set that fails. More than one member fail only together."""

    culprits: tuple[str, ...]


@dataclass(frozen=True)
class NotFound:
    """Nobody is to blame: the base fails by itself, or too much was tried."""

    reason: str


class _UnknownError(Exception):
    def __init__(self, subset: Subset) -> None:
        super().__init__()
        self.subset = subset


def next_step(members: Sequence[str], results: Mapping[Subset, Result], most: int) -> Try | Found | NotFound:
    """What to do about a group that failed, by all that is known of its subsets.

    It goes over the results anew each time, so that it can be stopped at any point and resumed by anybody.
    `most` bounds how many subsets are tried.
    """

    def fails(subset: Subset) -> bool:
        if subset not in results:
            raise _UnknownError(subset)
        return results[subset] is Result.FAILED

    try:
        if fails(frozenset()):
            return NotFound("the checks fail without any of it")
        if results[frozenset()] is Result.UNCLEAR:
            return NotFound("the checks of the base did not end")
        if not fails(frozenset(members)):
            return NotFound("the checks of the whole do not fail")
        return Found(_minimal(tuple(members), fails))
    except _UnknownError as unknown:
        if len(results) >= most:
            return NotFound(f"{len(results)} subsets were tried, and that is as many as there may be")
        return Try(unknown.subset)


def _minimal(members: tuple[str, ...], fails: Callable[[Subset], bool]) -> tuple[str, ...]:
    parts = 2
    while len(members) > 1:
        chunks = _split(members, parts)
        smaller = next((chunk for chunk in chunks if fails(frozenset(chunk))), None)
        if smaller is not None:
            members, parts = smaller, 2
            continue
        rests = [tuple(m for m in members if m not in chunk) for chunk in chunks] if parts > 2 else []
        rest = next((rest for rest in rests if fails(frozenset(rest))), None)
        if rest is not None:
            members, parts = rest, max(parts - 1, 2)
        elif parts < len(members):
            parts = min(len(members), 2 * parts)
        else:
            break
    return members


def _split(members: tuple[str, ...], parts: int) -> list[tuple[str, ...]]:
    size, more = divmod(len(members), parts)
    found, start = [], 0
    for part in range(parts):
        end = start + size + (part < more)
        found.append(members[start:end])
        start = end
    return found
