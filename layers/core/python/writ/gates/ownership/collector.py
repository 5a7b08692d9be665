"""The gate of ownership: whether every file, and first what waives rules, has somebody who answers for it."""

from __future__ import annotations

from typing import Any, Final

from writ.gates.codeowners import PLACES, parse
from writ.gates.exceptions import FILE
from writ.gates.gate import Collected, Context, Gap, Gate
from writ.gates.model import Place, Rule, Severity
from writ.gates.tree import Kind, Tree, lines, text

_GUIDE: Final = "https://writ.example/guides/gates#ownership"


def collect(tree: Tree, _context: Context) -> Collected:
    """Which files nobody owns: of a change those that it touches, else all."""
    path = next((place for place in PLACES if tree.read(place) is not None), None)
    if path is None:
        return Collected(skipped="there is no CODEOWNERS")
    if text(tree.read(path)) is None:
        remedy = "Save it as UTF-8 text."
        return Collected(gaps=(Gap(path, f"{path} is no text", remedy, Place(path=path)),))
    owners = parse(lines(tree.read(path)))
    changes = tree.changes()
    touched = {change.path for change in changes or () if change.kind is not Kind.DELETED}
    judged = tree.paths() if changes is None else sorted(touched)
    unowned = [name for name in judged if not owners.of(name)]
    guards = [name for name in (path, FILE) if tree.read(name) is not None]
    facts: dict[str, Any] = {
        "codeowners": path,
        "changed": changes is not None,
        "unowned": unowned,
        "unguarded": [name for name in guards if not owners.of(name)],
        "mistakes": [{"line": line.number, "problem": line.problem} for line in owners.lines if line.problem],
    }
    return Collected(facts, counted={"files": len(judged), "lines": len(owners.lines)})


def _rule(id: str, title: str, severity: Severity) -> Rule:
    return Rule(id=f"ownership/{id}", title=title, severity=severity, link=_GUIDE)


GATE: Final = Gate(
    name="ownership",
    summary="Owners of files",
    rules=(
        _rule("unguarded", "What waives rules, and what names owners, has an owner", Severity.HIGH),
        _rule("unowned", "Every file that a change touches has an owner", Severity.LOW),
        _rule("mistake", "Every line of CODEOWNERS is one that GitHub reads", Severity.MEDIUM),
    ),
    collect=collect,
)
