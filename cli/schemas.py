"""Generate events/ from the contracts, and hold it against what was released.

`python -m cli.schemas` writes schemas and samples; `--check` only says what differs or breaks, and exits
with 1; `--release` also copies the current schemas to events/released/, once nothing breaks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from writ.contracts.compatibility import breaks
from writ.contracts.schemas import documents

EVENTS: Final = Path(__file__).parents[1] / "events"
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


def main(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 on a difference.")] = False,
    publish: Annotated[bool, typer.Option("--release", help="Also make this the released version.")] = False,
) -> None:
    """Generate the event schemas and samples, and check their compatibility."""
    console = Console(soft_wrap=True, highlight=False)
    expected = documents()
    problems = incompatibilities(expected, EVENTS)
    if check:
        problems += [
            f"{name}: differs from the contracts; run python -m cli.schemas"
            for name in differences(expected, EVENTS)
        ]
    else:
        write(expected, EVENTS)
    for problem in problems:
        console.print(problem, markup=False)
    if problems:
        raise typer.Exit(1)
    if publish:
        release(expected, EVENTS)
    console.print(f"{len(expected) // 2} event types, compatible with what was released")


def _below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


if __name__ == "__main__":
    typer.run(main)
