"""cfn-lint, where it is installed, in a process of its own: templates are of strangers."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from writ.contracts.errors import ContractError
from writ.gates.security.nodes import items, parse, scalar
from writ.gates.security.outside import Remark
from writ.gates.tree import text

_RUN: Final = "from cfnlint.runner import main; main()"
_SECONDS: Final = 60
# Its part of a template's Metadata, by which a template could turn rules off, and have code loaded.
_OWN: Final = "cfn-lint"


@dataclass(frozen=True, slots=True)
class CfnLint:
    """Lints copies in an empty folder, so that no settings of the repository count; exceptions do instead."""

    seconds: float = _SECONDS  # for each template

    def lint(self, templates: Mapping[str, bytes]) -> Mapping[str, Sequence[Remark]]:
        """Remarks by path. Raises ContractError where it could not look."""
        with tempfile.TemporaryDirectory(prefix="writ-templates-") as folder:
            names = {}
            for number, (path, content) in enumerate(sorted(templates.items())):
                name = f"{number}{PurePosixPath(path).suffix or '.yaml'}"
                (Path(folder) / name).write_bytes(_harmless(path, content))
                names[name] = path
            found: dict[str, list[Remark]] = {path: [] for path in templates}
            for item in _output(Path(folder), sorted(names), self.seconds * len(names)):
                path, remark = _remark(item, names)
                found[path].append(remark)
        return found


def installed() -> CfnLint | None:
    """The linter, None where there is none on this machine."""
    return CfnLint() if importlib.util.find_spec("cfnlint") else None


def _harmless(path: str, content: bytes) -> bytes:
    """The template, whose own settings of the linter have another name; one that hides them is refused."""
    written = (text(content) or "").replace(_OWN, "cfn_lint")
    if not written:
        raise ContractError(f"{path} is no UTF-8 text", field=path)
    if _OWN in _scalars(parse(path, written)):
        raise ContractError(f"{path} hides settings of its linter", field=path)
    return written.encode()


def _scalars(root: yaml.Node | None) -> set[str]:
    found, seen, waiting = set(), set[int](), [root]
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        found.add(scalar(node) or "")
        waiting += items(node)
        if isinstance(node, yaml.MappingNode):
            waiting += [part for pair in node.value for part in pair]
    return found


def _output(folder: Path, names: Sequence[str], seconds: float) -> list[Any]:
    command = [
        sys.executable,
        "-I",
        "-c",
        _RUN,
        "--format",
        "json",
        "--non-zero-exit-code",
        "none",
        "--",
        *names,
    ]
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "SYSTEMROOT")}
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env={**kept, "HOME": str(folder)},
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        found = json.loads(ended.stdout)
    except subprocess.TimeoutExpired:
        raise ContractError(f"cfn-lint took longer than {seconds:g} s") from None
    except (OSError, ValueError, RecursionError):
        raise ContractError("cfn-lint failed") from None
    if not isinstance(found, list):
        raise ContractError("cfn-lint failed")
    return found


def _remark(item: Any, names: Mapping[str, str]) -> tuple[str, Remark]:
    try:
        path = names[PurePosixPath(item["Filename"]).name]
        rule, start = item["Rule"], item["Location"]["Start"]
        level = str(item["Level"]).lower()
        return path, Remark(str(rule["Id"]), level, str(item["Message"]), int(start["LineNumber"]))
    except (KeyError, TypeError, ValueError):
        raise ContractError("cfn-lint says what is not understood") from None
