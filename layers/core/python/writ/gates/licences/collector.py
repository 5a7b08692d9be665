"""The gate of licences: every component of bills of materials and lock files, and what its licence allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from writ.gates.gate import Collected, Context, Gate
from writ.gates.licences.component import Component
from writ.gates.licences.expression import Licence, declared
from writ.gates.licences.inventory import take
from writ.gates.model import Rule, Severity
from writ.gates.tree import Tree

_GUIDE: Final = "https://writ.example/guides/gates"
# Where several licences are listed any of them may be chosen: https://maven.apache.org/pom.html#licenses and
# https://getcomposer.org/doc/04-schema.md#license. Elsewhere a list is taken to demand all that it names.
_CHOICE: Final = frozenset({"maven", "composer"})


def collect(tree: Tree, context: Context) -> Collected:
    """Group the components of all files by their licence.

    `context.beside["licences"]` has, by package URL, the licences that installed packages declare.
    """
    installed: Mapping[str, Sequence[str]] = context.beside.get("licences", {})
    found = take(tree)
    if not found.files:
        return Collected(skipped="there is no bill of materials and no lock file")
    groups: dict[Licence, list[Component]] = defaultdict(list)
    for component in _once(found.components):
        licences = component.licences or tuple(installed.get(component.purl, ()))
        joined_by = "OR" if component.kind in _CHOICE else "AND"
        groups[declared(licences, joined_by)].append(replace(component, licences=licences))
    counted = {"files": found.files, "components": sum(map(len, groups.values())), "licences": len(groups)}
    return Collected({"licences": [_fact(*item) for item in groups.items()]}, found.gaps, counted)


def _once(components: Iterable[Component]) -> list[Component]:
    """Each component of one file once; in a lock a package may stand at several depths."""
    return list({(item.path, item.purl or item.shown, item.licences): item for item in components}.values())


def _fact(licence: Licence, components: Sequence[Component]) -> dict[str, Any]:
    return {
        "shown": licence.shown,
        "problem": licence.problem,
        "alternatives": [
            [{"id": id, "with": exception} for id, exception in alternative]
            for alternative in licence.alternatives
        ],
        "components": [
            {
                "name": item.shown,
                "purl": item.purl,
                "scope": item.scope,
                "place": {"path": item.path} | ({"line": item.line} if item.line else {}),
            }
            for item in components
        ],
    }


def _rule(id: str, title: str, severity: Severity) -> Rule:
    return Rule(id=f"licences/{id}", title=title, severity=severity, link=f"{_GUIDE}#licences")


GATE: Final = Gate(
    name="licences",
    summary="Licences of components",
    rules=(
        _rule("forbidden", "No component has a licence that is forbidden", Severity.CRITICAL),
        _rule("strong-copyleft", "No delivered component has strong copyleft", Severity.HIGH),
        _rule("unknown", "The licence of each component is known", Severity.MEDIUM),
        _rule("ungrouped", "Each licence is in a group of the policy", Severity.MEDIUM),
    ),
    collect=collect,
)
