"""The gate of licences: every component of bills of materials and lock files, and what its licence allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

from writ.contracts.errors import ContractError
from writ.gates.gate import Collected, Context, Gap, Gate
from writ.gates.licences import cyclonedx, locks
from writ.gates.licences.component import Component
from writ.gates.licences.expression import Licence, declared
from writ.gates.model import Place, Rule, Severity
from writ.gates.tree import Tree, text

Reader = Callable[[str, str], tuple[Component, ...]]

_GUIDE: Final = "https://writ.example/guides/gates"
_TOML_LOCKS: Final = ("poetry.lock", "uv.lock")
# Where several licences are listed any of them may be chosen: https://maven.apache.org/pom.html#licenses and
# https://getcomposer.org/doc/04-schema.md#license. Elsewhere a list is taken to demand all that it names.
_CHOICE: Final = frozenset({"maven", "composer"})
# `vendor/` and the like are not ours to judge twice: what is in them is in a lock file.
_SKIPPED: Final = frozenset({"node_modules", ".venv", "venv", "site-packages", "cdk.out"})


def collect(tree: Tree, context: Context) -> Collected:
    """Group the components of all files by their licence.

    `context.beside["licences"]` has, by package URL, the licences that installed packages declare.
    """
    installed: Mapping[str, Sequence[str]] = context.beside.get("licences", {})
    components: list[Component] = []
    gaps: list[Gap] = []
    files = 0
    for path, reader in _files(tree):
        files += 1
        try:
            components += _read(tree, path, reader)
        except ContractError as error:
            gaps.append(_gap(path, error))
    if not files:
        return Collected(skipped="there is no bill of materials and no lock file")
    groups: dict[Licence, list[Component]] = defaultdict(list)
    for component in _once(components):
        licences = component.licences or tuple(installed.get(component.purl, ()))
        joined_by = "OR" if component.kind in _CHOICE else "AND"
        groups[declared(licences, joined_by)].append(replace(component, licences=licences))
    counted = {"files": files, "components": sum(map(len, groups.values())), "licences": len(groups)}
    return Collected({"licences": [_fact(*item) for item in groups.items()]}, tuple(gaps), counted)


def _files(tree: Tree) -> Iterable[tuple[str, Reader]]:
    paths = [path for path in tree.paths() if not _SKIPPED.intersection(path.split("/"))]
    locked = {str(PurePosixPath(path).parent) for path in paths if _is_python_lock(path)}
    for path in paths:
        name = PurePosixPath(path).name
        if name in _TOML_LOCKS or (name.startswith("pylock.") and name.endswith(".toml")):
            yield path, locks.toml_lock
        elif name in ("package-lock.json", "npm-shrinkwrap.json"):
            yield path, locks.package_lock
        elif _is_requirements(name):
            yield path, locks.requirements
        elif name == "pyproject.toml" and str(PurePosixPath(path).parent) not in locked:
            yield path, locks.project
        elif name == "bom.xml" or name.endswith(".cdx.xml"):
            yield path, _refuse_xml
        elif name.endswith(".json") and (_is_named_bom(name) or cyclonedx.is_bom(tree.read(path) or b"")):
            yield path, cyclonedx.read


def _is_named_bom(name: str) -> bool:
    """Source: https://cyclonedx.org/specification/overview/#recognized-file-patterns"""
    return name == "bom.json" or name.endswith(".cdx.json") or name.startswith("sbom")


def _is_requirements(name: str) -> bool:
    return name.startswith("requirements") and name.endswith((".txt", ".lock"))


def _is_python_lock(path: str) -> bool:
    """Whether it pins all that the project beside it depends on; a requirements.txt need not."""
    name = PurePosixPath(path).name
    locked = name.startswith("pylock.") and name.endswith(".toml")
    return name in _TOML_LOCKS or locked or (name.startswith("requirements") and name.endswith(".lock"))


def _read(tree: Tree, path: str, reader: Reader) -> tuple[Component, ...]:
    written = text(tree.read(path))
    if written is None:
        raise ContractError("is not UTF-8 text", field=path)
    return reader(path, written)


def _refuse_xml(path: str, _written: str) -> tuple[Component, ...]:
    raise ContractError("CycloneDX in XML is not read, only in JSON", field=path)


def _gap(path: str, error: ContractError) -> Gap:
    field = "" if error.field in (None, path) else f" (at {error.field})"
    remedy = "Write the file anew with the tool that made it, as CycloneDX JSON 1.2 to 1.7 or a lock file."
    return Gap(path, f"{path} cannot be read: {error.message}{field}", remedy, Place(path=path))


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
