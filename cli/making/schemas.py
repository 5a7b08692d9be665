"""Keeps events/ in step with the contracts, and holds the schemas against what was released."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cli.plane import ROOT
from writ.contracts.compatibility import breaks

EVENTS: Final = ROOT / "events"
_GENERATED: Final = "*/*.v[0-9]*.json"
_SAMPLE: Final = ".sample.json"


def differences(expected: Mapping[str, str], folder: Path) -> list[str]:
    """The generated files that are missing, stale or left over, by path below the folder."""
    found = {_below(path, folder): path.read_text("utf-8") for path in folder.glob(_GENERATED)}
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))


def incompatibilities(expected: Mapping[str, str], folder: Path) -> list[str]:
    """What breaks against the released schemas, a sentence each."""
    problems = []
    for path in sorted((folder / "released").glob(_GENERATED)):
        name = _below(path, folder / "released")
        if name not in expected:
            problems.append(
                f"{name}: released, but no longer declared; its events lie in archives and queues"
            )
            continue
        found = breaks(json.loads(path.read_text("utf-8")), json.loads(expected[name]))
        problems += [f"{name}: {problem}" for problem in found]
    return problems


def write(expected: Mapping[str, str], folder: Path) -> None:
    """Make the folder hold exactly the generated files, beside what was not generated."""
    for name in differences(expected, folder):
        path = folder / name
        if name in expected:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(expected[name], "utf-8")
        else:
            path.unlink()


def release(expected: Mapping[str, str], folder: Path) -> None:
    """Make the current schemas the released ones."""
    schemas = {name: text for name, text in expected.items() if not name.endswith(_SAMPLE)}
    write(schemas, folder / "released")


def _below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
