"""Keeps generated files in step with manifests and contracts: docs, README, CODEOWNERS, the event index."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cli.making import api_document
from cli.making.commands_page import command_page
from cli.making.docs import BOTS, EVENTS, bot_pages, bot_table, event_pages, graph_schema, route_page
from cli.making.flow_pages import PICTURES, flow_page
from cli.making.owners import codeowners
from cli.plane import ROOT
from stacks.flows import flows_of
from stacks.manifest import BotFolder, load_folders
from writ.contracts.errors import ContractError
from writ.contracts.event import event_types

README: Final = "README.md"
_INDEX: Final = "layers/core/python/writ/contracts/events/index.py"
_BEGIN: Final = "<!-- bots:begin -->\n"
_END: Final = "<!-- bots:end -->"


def generated(command: Any, root: Path = ROOT) -> dict[str, str]:
    """Every generated file, by path below the root; `command` is `writ` itself, which has a page too."""
    folders = load_folders(root / "functions")
    flows = flows_of(folders, root / "statemachines")
    return {
        README: _between(_read(root / README) or "", bot_table(folders, BOTS)),
        ".github/CODEOWNERS": codeowners(folders),
        **bot_pages(folders),
        _INDEX: _event_index(),
        **event_pages(event_types(), folders, flows),
        **flow_page(flows, folders),
        **route_page(folders),
        **graph_schema(),
        api_document.PLACE: api_page(folders, root),
        **command_page(command),
    }


def differences(expected: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """Files that are missing, stale or left over."""
    found = {
        path.relative_to(root).as_posix()
        for place, kind in ((BOTS, "*.md"), (EVENTS, "*.md"), (PICTURES, "*.svg"))
        for path in (root / place).glob(kind)
    }
    stale = {name for name, text in expected.items() if _read(root / name) != text}
    return sorted(stale | (found - expected.keys()))


def write(expected: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """Bring the files into step; returns those that changed."""
    changed = differences(expected, root)
    for name in changed:
        path = root / name
        if name in expected:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(expected[name], encoding="utf-8")
        else:
            path.unlink()
    return changed


def api_page(folders: Sequence[BotFolder], root: Path = ROOT) -> str:
    """The OpenAPI document of this version of Writ's own API."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = api_document.dumped(api_document.document(folders, project["version"]))
    return f"# Made by `writ generate`; change its source instead.\n{text}"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _event_index() -> str:
    rows = (
        f'    "{name}": "{model.__module__.rpartition(".")[2]}",' for name, model in event_types().items()
    )
    return "\n".join(
        (
            '"""Which module declares an event type, so that no other is loaded for it. Generated."""',
            "",
            "from __future__ import annotations",
            "",
            "from typing import Final",
            "",
            "MODULES: Final = {",
            *rows,
            "}",
            "",
        )
    )


def _between(text: str, table: str) -> str:
    head, begin, rest = text.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not begin or not end:
        raise ContractError(f"{README} has lost the markers around its table of bots", field=README)
    return f"{head}{begin}\n{table}\n{end}{tail}"
