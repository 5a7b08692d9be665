"""What a repository depends on, out of all of its files that say so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from writ.contracts.errors import ContractError
from writ.dependencies import action_files, node_files, python_files
from writ.dependencies.model import Form, Use

# Of one file, in bytes: larger ones are no manifests.
LARGEST: Final = 4 * 1024 * 1024
_REQUIREMENTS: Final = re.compile(
    r"(?:.*/)?(?:(?:requirements|constraints)[\w.-]*\.(?:txt|lock|in)|requirements/[\w.-]+\.(?:txt|in))"
)
_WORKFLOW: Final = re.compile(r"\.github/workflows/[^/]+\.ya?ml|(?:.*/)?action\.ya?ml")
_SKIPPED: Final = re.compile(r"(?:^|/)(?:node_modules|\.venv|venv|vendor|third_party|site-packages)/")
Reader = Callable[[str, str], tuple[Use, ...]]
_NAMED: Final[Mapping[str, Reader]] = {
    "pyproject.toml": python_files.project,
    "package.json": node_files.manifest,
    "package-lock.json": node_files.lock,
    "uv.lock": python_files.opaque,
    "poetry.lock": python_files.opaque,
    "pdm.lock": python_files.opaque,
}


@dataclass(frozen=True)
class Inventory:
    """Every use, the oldest Python and Node where it is said, and files that do not read, with why."""

    uses: tuple[Use, ...]
    python: str | None
    node: str | None
    unread: Mapping[str, str]


def reader_of(path: str) -> Reader | None:
    """How to read a file of this path; None for one that names no dependencies."""
    if _SKIPPED.search(path):
        return None
    if _WORKFLOW.fullmatch(path):
        return action_files.workflow
    if _REQUIREMENTS.fullmatch(path):
        return python_files.requirements
    return _NAMED.get(PurePosixPath(path).name)


def wanted(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the paths that are read, in order."""
    return tuple(sorted(path for path in paths if reader_of(path) is not None))


def inventory(files: Mapping[str, str]) -> Inventory:
    """What files depend on. One that does not read is named and leaves the others alone."""
    uses: list[Use] = []
    unread: dict[str, str] = {}
    python, node = None, None
    for path in wanted(files):
        reader = reader_of(path)
        try:
            uses += reader(path, files[path]) if reader else ()
            if path == "pyproject.toml":
                python = python_files.python_of(path, files[path])
            if path == "package.json":
                node = node_files.node_of(path, files[path])
        except ContractError as error:
            unread[path] = error.message
    return Inventory(_marked(uses), python, node, unread)


def _marked(uses: Iterable[Use]) -> tuple[Use, ...]:
    """With what only came with something else told from what is asked for, where the files tell."""
    found = list(uses)
    named: dict[str, set[str]] = {}
    for use in found:
        if use.form is Form.PYPROJECT or use.path.endswith(".in"):
            named.setdefault(use.path, set()).add(use.package.name)
    return tuple(
        replace(use, direct=use.package.name in asked)
        if use.form in {Form.REQUIREMENT, Form.OPAQUE} and (asked := _asked(use.path, named))
        else use
        for use in found
    )


def _asked(path: str, named: Mapping[str, set[str]]) -> set[str] | None:
    """What the input of a lock names: `x.in` for `x.lock`, or the project for `requirements.lock`."""
    at = PurePosixPath(path)
    if at.suffix == ".in":
        return None
    if (own := named.get(str(at.with_suffix(".in")))) is not None:
        return own
    of_project = at.name in {"requirements.lock", "uv.lock", "poetry.lock", "pdm.lock"}
    return named.get(str(at.with_name("pyproject.toml"))) if of_project else None
