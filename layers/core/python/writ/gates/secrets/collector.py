"""The gate of secrets and personal data: what files, or the lines that a change adds, have and must not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from writ.contracts.errors import ContractError
from writ.gates.gate import Collected, Context, Gap, Gate
from writ.gates.model import Place, Rule, Severity
from writ.gates.secrets import known as repository
from writ.gates.secrets.files import added, found_in
from writ.gates.secrets.known import ALLOWED, BASELINE, Known, Said
from writ.gates.tree import Change, Tree
from writ.pii.finding import Confidence
from writ.pii.kinds import BY_ID, Group
from writ.pii.structured import Located

_GUIDE: Final = "https://writ.example/guides/gates#secrets-and-personal-data"
MOST: Final = 1000
# `# writ: allow github_token` behind a value, in whatever comment the language has.
_INLINE: Final = re.compile(
    r"\bwrit:\s{0,3}allow\s{1,3}([a-z][a-z0-9_]{1,40}(?:,\s{0,3}[a-z][a-z0-9_]{1,40}){0,8})"
)
_RULES: Final = {
    Group.SECRET: "credential",
    Group.FINANCIAL: "financial",
    Group.NATIONAL: "national-number",
    Group.PERSONAL: "personal",
    Group.NETWORK: "network",
}


def collect(tree: Tree, _context: Context) -> Collected:
    """What was found, each value once a file, by kind and place and never by what it says.

    `known` is whether the repository's baseline or its allowed values have it, by the base if there is one.
    """
    gaps: list[Gap] = []
    try:
        known = repository.of_tree(tree)
    except ContractError as error:
        remedy = "Correct the file, or write the baseline anew: writ gate baseline."
        file = str(error.field).partition(",")[0]
        gaps.append(Gap(file, f"{error.field}: {error.message}", remedy, Place(path=file)))
        known = Known(Said(), Said())
    counted = Counter({"files": 0, "binary files": 0})
    changes = tree.changes()
    found: list[dict[str, Any]] = []
    for path, mine in _scanned(tree, changes, counted):
        if len(found) >= MOST:
            remedy = (
                "Mend those that are told first, or put what is known on the baseline: writ gate baseline."
            )
            gaps.append(
                Gap("files", f"there is more in {path}, and maybe behind it, than is told at once", remedy)
            )
            break
        found += _told(path, mine, known)
    facts: dict[str, Any] = {
        "found": [item for item in found if item["known"] not in ("allowed", "listed")],
        "stale": _stale(known) if changes is None and not gaps else [],
        "rewritten": [change.path for change in changes or () if change.path in (BASELINE, ALLOWED)],
        "changed": changes is not None,
    }
    passed = len(found) - len(facts["found"])
    counts = {**counted, "known values": passed}
    return Collected(
        facts, tuple(gaps), {name: count for name, count in counts.items() if count or name == "files"}
    )


def subjects(tree: Tree) -> Iterator[tuple[str, str, Located]]:
    """Each value once a file, with path and subject of its violation, for a baseline; never shown."""
    for path, found in _scanned(tree, None, Counter()):
        for number, each in _numbered(found):
            yield path, f"{each.finding.kind} {number}", each


def is_personal(each: Located) -> bool:
    """Whether what was found counts towards the data of many people in one file."""
    return BY_ID[each.finding.kind].group is Group.PERSONAL


def _scanned(tree: Tree, changes: Any, counted: Counter[str]) -> Iterator[tuple[str, list[Located]]]:
    """What each file has; of a changed one, what one of its added lines has a part in."""
    wanted: dict[str, Change | None] = (
        dict.fromkeys(tree.paths())
        if changes is None
        else {change.path: change for change in changes if change.after is not None}
    )
    for path, change in wanted.items():
        if path == BASELINE:
            continue  # nothing but digests
        found = found_in(path, partial(_content, tree, path, change))
        counted["files" if found is not None else "binary files"] += 1
        if found and change is not None:
            is_new = added(change)
            found = [each for each in found if is_new(each.line, each.end_line)]
        if found:
            yield path, found


def _content(tree: Tree, path: str, change: Change | None) -> Any:
    return tree.chunks(path) if change is None else [change.after or b""]


def _numbered(found: list[Located]) -> Iterator[tuple[int, Located]]:
    """Each value once, at its first place, with its number among those of its kind."""
    numbers, seen = Counter[str](), set[tuple[str, str]]()
    for each in found:
        kind = each.finding.kind
        if (kind, each.value) not in seen:
            seen.add((kind, each.value))
            numbers[kind] += 1
            yield numbers[kind], each


def _told(path: str, found: list[Located], known: Known) -> list[dict[str, Any]]:
    """The findings of one file as facts: the first place of each value, and how often it is there."""
    times = Counter((each.finding.kind, each.value) for each in found)
    return [
        {
            "rule": _RULES[BY_ID[each.finding.kind].group],
            "kind": each.finding.kind,
            "name": BY_ID[each.finding.kind].name,
            "sample": each.finding.sample,
            "sure": each.finding.confidence is Confidence.HIGH,
            "number": number,
            "times": times[each.finding.kind, each.value],
            "place": _place(path, each),
            "known": known.of(path, each.finding.kind, each.value),
            "inline": _is_allowed_inline(each.finding.kind, each.rest),
        }
        for number, each in _numbered(found)
    ]


def _place(path: str, each: Located) -> dict[str, Any]:
    places = {
        "line": each.line,
        "column": each.column,
        "end_line": each.end_line,
        "end_column": each.end_column,
    }
    return {"path": path, **{name: number for name, number in places.items() if number}}


def _is_allowed_inline(kind: str, rest: str) -> bool:
    comment = _INLINE.search(rest)
    return comment is not None and kind in re.split(r",\s*", comment[1])


def _stale(known: Known) -> list[dict[str, Any]]:
    counts = Counter((entry.path, entry.kind) for entry in known.stale())
    return [{"path": path, "kind": kind, "count": count} for (path, kind), count in sorted(counts.items())]


def _rule(id: str, title: str, severity: Severity) -> Rule:
    return Rule(id=f"secrets/{id}", title=title, severity=severity, link=_GUIDE)


GATE: Final = Gate(
    name="secrets",
    summary="Secrets and personal data",
    rules=(
        _rule("credential", "No credential is in a file", Severity.HIGH),
        _rule("financial", "No card and no account of somebody's is in a file", Severity.HIGH),
        _rule("national-number", "No national number of somebody's is in a file", Severity.HIGH),
        _rule("personal", "No personal data of many people is in a file", Severity.MEDIUM),
        _rule("network", "Addresses of machines in a file are told", Severity.LOW),
        _rule("rewritten", "A person looks at a change of what is known or allowed", Severity.HIGH),
        _rule("stale", "What the baseline lists is still there", Severity.LOW),
    ),
    collect=collect,
)
