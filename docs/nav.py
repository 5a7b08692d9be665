"""Puts every runbook, bot, event page and decision under its section of mkdocs.yml; no list to edit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

SECTIONS: Final[Mapping[str, str]] = {
    "Runbooks": "runbooks",
    "Bots": "reference/bots",
    "Events": "reference/events",
    "Decisions": "adr",
}


def on_config(config: Any) -> Any:
    """The hook that MkDocs calls: https://www.mkdocs.org/user-guide/plugins/#on_config"""
    docs = Path(config["docs_dir"])
    config["nav"] = [_filled(entry, docs) for entry in config["nav"]]
    return config


def pages(folder: Path, docs: Path) -> list[str]:
    """The pages of a folder, its index first."""
    found = sorted(folder.glob("*.md"), key=lambda page: (page.stem != "index", page.stem))
    return [page.relative_to(docs).as_posix() for page in found]


def _filled(entry: Any, docs: Path) -> Any:
    if not isinstance(entry, dict):
        return entry
    ((title, below),) = entry.items()
    if title in SECTIONS:
        return {title: pages(docs / SECTIONS[title], docs)}
    return {title: [_filled(part, docs) for part in below]} if isinstance(below, list) else entry
