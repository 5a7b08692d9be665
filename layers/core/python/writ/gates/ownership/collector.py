"""The gate of ownership: whether every file, and first what waives rules, has somebody who answers for it."""

from __future__ import annotations

from typing import Any, Final

from writ.gates.codeowners import PLACES, parse
from writ.gates.gate import Collected, Context, Gap, Gate
from writ.gates.model import Place, Rule, Severity
from writ.gates.tree import Kind, Tree, lines, text

_RULES: Final = ".gates/"
_GUIDE: Final = "https://writ.example/guides/gates#ownership"


def collect(tree: Tree, _context: Context) -> Collected:
    """Which files nobody owns: of a change those that it touches, else all.

    A change is judged by the owners of its base, since it could name its own; that it rewrites them is told.
    """
    changes = tree.changes()
    path = next((place for place in PLACES if tree.read(place) is not None), None)
    before = next((place for place in PLACES if tree.read_base(place) is not None), None)
    if path is None and before is None:
        return Collected(skipped="there is no CODEOWNERS")
    path = path or before or PLACES[0]
    if tree.read(path) is not None and text(tree.read(path)) is None:
        remedy = "Save it as UTF-8 text."
        return Collected(gaps=(Gap(path, f"{path} is no text", remedy, Place(path=path)),))
    owners = parse(lines(tree.read(path)))
    judges = parse(lines(tree.read_base(before))) if before else owners
    touched = {change.path for change in changes or () if change.kind is not Kind.DELETED}
    judged = tree.paths() if changes is None else sorted(touched)
    unowned = [name for name in judged if not judges.of(name)]
    guards = [name for name in (path, *_rules(tree)) if tree.read(name) is not None]
    facts: dict[str, Any] = {
        "codeowners": path,
        "changed": changes is not None,
        "rewritten": [change.path for change in changes or () if change.path in PLACES],
        "unowned": unowned,
        "unguarded": [name for name in guards if not owners.of(name)],
        "mistakes": [{"line": line.number, "problem": line.problem} for line in owners.lines if line.problem],
    }
    return Collected(facts, counted={"files": len(judged), "lines": len(owners.lines)})


def _rules(tree: Tree) -> list[str]:
    """What waives rules, or makes them: exceptions, baselines, policies of the repository's own."""
    return [name for name in tree.paths() if name.startswith(_RULES)]


def _rule(id: str, title: str, severity: Severity) -> Rule:
    return Rule(id=f"ownership/{id}", title=title, severity=severity, link=_GUIDE)


GATE: Final = Gate(
    name="ownership",
    summary="Owners of files",
    rules=(
        _rule("unguarded", "What waives rules, and what names owners, has an owner", Severity.HIGH),
        _rule("rewritten", "A person looks at a change of who owns what", Severity.HIGH),
        _rule("unowned", "Every file that a change touches has an owner", Severity.LOW),
        _rule("mistake", "Every line of CODEOWNERS is one that GitHub reads", Severity.MEDIUM),
    ),
    collect=collect,
)
