"""Whether a version is affected by an advisory, and what is the next one that is not.

Source: https://ossf.github.io/osv-schema/#evaluation. Order is known for PyPI (PEP 440) and for ecosystems of
semantic versions; in others an advisory's list of versions decides, and where it has none, nothing does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from writ.gates.security.advisory import Affected, Event, Range
from writ.gates.versions import semantic

Order = Callable[[str], Any]
_SEMANTIC: Final = frozenset({"npm", "crates.io", "Go", "Hex", "Pub", "GitHub Actions"})
_KINDS: Final = ("fixed", "introduced", "last_affected", "limit")
_COMMIT: Final = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?")


def order_of(kind: str, ecosystem: str) -> Order | None:
    """How versions of a range of this type are ordered: raises ValueError for a text that is no version."""
    if kind == "SEMVER" or (kind == "ECOSYSTEM" and ecosystem in _SEMANTIC):
        return semantic
    if kind == "ECOSYSTEM" and ecosystem == "PyPI":
        return _pep_440
    return None


def is_affected(affected: Affected, ecosystem: str, version: str) -> bool | None:
    """Whether a version is; None where that cannot be told."""
    if _is_listed(affected.versions or (), ecosystem, version):
        return True
    spans = affected.ranges or []
    if _COMMIT.fullmatch(version) and any(span.type == "GIT" for span in spans):
        found = [_in_commits(span.events, version) for span in spans if span.type == "GIT"]
    else:
        # A repository's commits say nothing of a version.
        found = [_in_range(span, ecosystem, version) for span in spans if order_of(span.type, ecosystem)]
    if True in found:
        return True
    if not found:
        return False if affected.versions else None
    return None if None in found else False


def fixes(affected: Affected, ecosystem: str, version: str) -> Iterator[str]:
    """Versions above this one at which a range of the advisory ends, the lowest first."""
    above: list[tuple[Any, str]] = []
    for span in affected.ranges or ():
        order = order_of(span.type, ecosystem)
        if order is None:
            continue
        try:
            here = order(version)
            ends = [(order(event.fixed), event.fixed) for event in span.events if event.fixed]
        except ValueError:
            continue
        above += [(key, text) for key, text in ends if key > here]
    yield from (text for _, text in sorted(above, key=lambda pair: pair[0]))


def _is_listed(versions: Sequence[str], ecosystem: str, version: str) -> bool:
    if version in versions:
        return True
    if ecosystem != "PyPI":
        return False
    here = _spelt(version)
    return any(_spelt(text) == here for text in versions)


@lru_cache(maxsize=1 << 16)
def _spelt(version: str) -> str:
    """The one spelling of a version that PEP 440 knows many of; of what is none, itself."""
    from packaging.utils import canonicalize_version

    return canonicalize_version(version)


@lru_cache(maxsize=1 << 16)
def _pep_440(version: str) -> Any:
    from packaging.version import Version

    return Version(version)


def _in_range(span: Range, ecosystem: str, version: str) -> bool | None:
    order = order_of(span.type, ecosystem)
    assert order is not None  # noqa: S101 - callers look first
    try:
        here = (1, order(version))
        points = [(_place(text, order), kind) for kind, text in _points(span.events)]
    except ValueError:
        return None
    limits = [place for place, kind in points if kind == "limit"]
    if limits and not any(here < place for place in limits):
        return False
    inside = False
    for place, kind in sorted(points, key=lambda point: (point[0], _KINDS.index(point[1]))):
        if kind == "introduced":
            inside = inside or here >= place
        elif kind == "fixed":
            inside = inside and here < place
        elif kind == "last_affected":
            inside = inside and here <= place
    return inside


def _place(text: str, order: Order) -> tuple[Any, ...]:
    """`0` is before every version, and `*` after all of them."""
    return (0,) if text == "0" else (2,) if text == "*" else (1, order(text))


def _points(events: Iterable[Event]) -> Iterator[tuple[str, str]]:
    for event in events:
        for kind in _KINDS:
            text = getattr(event, kind)
            if text is not None:
                yield kind, text


def _in_commits(events: Iterable[Event], version: str) -> bool | None:
    """What can be told without the history: of commits that the range names itself."""
    points = {(kind, text.lower()) for kind, text in _points(events)}
    here = version.lower()
    if ("introduced", here) in points or ("last_affected", here) in points:
        return True
    if ("fixed", here) in points or ("limit", here) in points:
        return False
    return None
