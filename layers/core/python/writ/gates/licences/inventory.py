"""The components of a repository: those of its bills of materials, and those that its lock files pin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from writ.contracts.errors import ContractError
from writ.gates.gate import Gap
from writ.gates.licences import cyclonedx, locks
from writ.gates.licences.component import Component
from writ.gates.model import Place
from writ.gates.tree import Tree, text

Reader = Callable[[str, str], tuple[Component, ...]]

_TOML_LOCKS: Final = ("poetry.lock", "uv.lock")
# `vendor/` and the like are not ours to judge twice: what is in them is in a lock file.
SKIPPED: Final = frozenset({"node_modules", ".venv", "venv", "site-packages", "cdk.out"})


@dataclass(frozen=True, slots=True)
class Inventory:
    """Components in the order of their files, what could not be read, and how many files there are."""

    components: tuple[Component, ...]
    gaps: tuple[Gap, ...]
    files: int


def take(tree: Tree) -> Inventory:
    """Read every bill of materials and every lock file; what is installed or built here is passed over."""
    components: list[Component] = []
    gaps: list[Gap] = []
    files = 0
    for path, reader in _files(tree):
        files += 1
        try:
            components += _read(tree, path, reader)
        except ContractError as error:
            gaps.append(_gap(path, error))
    return Inventory(tuple(components), tuple(gaps), files)


def is_ours(path: str) -> bool:
    """Whether a path is a file of the repository itself and not of what is installed or built in it."""
    return not SKIPPED.intersection(path.split("/"))


def _files(tree: Tree) -> Iterable[tuple[str, Reader]]:
    paths = [path for path in tree.paths() if is_ours(path)]
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
