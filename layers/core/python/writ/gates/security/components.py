"""Facts of components: what is known against them, what cannot be told, and how new they are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from writ.gates.gate import Gap
from writ.gates.licences.component import Component
from writ.gates.security.matching import Subject, subject_of, weaknesses
from writ.gates.security.mirror import Known, search
from writ.gates.security.outside import Outside
from writ.gates.security.pins import edit
from writ.gates.tree import Tree

_TOLD: Final = 20
# Older ones are new to no policy.
_NEW: Final = 24 * 365
_MEND: Final = "Fetch the mirror anew; what is no advisory must be none of its files."


def facts(
    tree: Tree, components: Iterable[Component], outside: Outside, now: datetime
) -> tuple[dict[str, Any], list[Gap], dict[str, int]]:
    """Facts, gaps and counts over components, each once a file."""
    once = list({(item.path, item.purl or item.shown, item.line): item for item in components}.values())
    subjects = [(item, subject) for item in once if (subject := subject_of(item))]
    unmatched = [item for item in once if subject_of(item) is None]
    found: dict[str, Any] = {"weaknesses": [], "mirror": [], **_ages(once, outside.released, now)}
    found["unmatched"] = _by_path(unmatched)
    gaps: list[Gap] = []
    counted = {"components": len(once)}
    if outside.mirror is None:
        if subjects:
            found["mirror"] = [{"kind": "missing", "of": "any ecosystem", "components": len(subjects)}]
        return found, gaps, counted
    known = search(outside.mirror, {subject.key for _, subject in subjects}, now)
    gaps += _gaps(outside.mirror.name, known)
    if known.unread is None:
        found["mirror"] = _mirror(known, subjects, now)
        found["weaknesses"] = _weaknesses(tree, subjects, known)
        counted["advisories"] = known.read
    return found, gaps, counted


def _weaknesses(
    tree: Tree, subjects: Sequence[tuple[Component, Subject]], known: Known
) -> list[dict[str, Any]]:
    told = []
    for component, subject in subjects:
        for fact in weaknesses(component, subject, known.of(subject.key)):
            change = edit(tree, component, fact.get("clear", ""))
            told.append({**fact, "edits": [change] if change else []})
    return told


def _mirror(
    known: Known, subjects: Sequence[tuple[Component, Subject]], now: datetime
) -> list[dict[str, Any]]:
    """For each ecosystem of a component how old the mirror is, or that it has nothing of it."""
    counts = Counter(subject.key[0] for _, subject in subjects)
    return [
        {"kind": "missing", "of": kind, "components": number}
        if kind not in known.newest
        else {"kind": "age", "of": kind, "components": number, "days": (now - known.newest[kind]).days}
        for kind, number in sorted(counts.items())
    ]


def _gaps(name: str, known: Known) -> list[Gap]:
    if known.unread is not None:
        return [Gap(name, f"the mirror of advisories cannot be read: {known.unread}", _MEND)]
    gaps = [Gap(item.name, item.why, _MEND) for item in known.problems[:_TOLD]]
    if more := len(known.problems) - len(gaps):
        gaps.append(Gap(name, f"{more} more files of the mirror cannot be read", _MEND))
    return gaps


def _ages(components: Iterable[Component], released: Mapping[str, str], now: datetime) -> dict[str, Any]:
    fresh, undated = [], []
    for item in components:
        hours = _hours(item.published or released.get(item.purl, ""), now) if item.version else None
        if hours is None:
            undated.append(item)
        elif hours < _NEW:
            place = {"path": item.path} | ({"line": item.line} if item.line else {})
            fresh.append({"name": item.shown, "purl": item.purl, "hours": hours, "place": place})
    return {"fresh": fresh, "undated": _by_path(undated)}


def _hours(moment: str, now: datetime) -> int | None:
    """Whole hours since a moment; None for a text that is none."""
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return int((now - found).total_seconds() // 3600)


def _by_path(components: Iterable[Component]) -> list[dict[str, Any]]:
    groups: dict[str, list[Component]] = defaultdict(list)
    for item in components:
        groups[item.path].append(item)
    return [
        {"path": path, "number": len(items), "example": items[0].shown}
        for path, items in sorted(groups.items())
    ]
