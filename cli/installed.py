"""What installed packages declare of their licences, for lock files that do not say it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Final

from writ.gates.licences.component import npm, pypi

_CLASSIFIER: Final = "License :: "
# Core metadata's License is free text, in which some put the whole licence.
_LONGEST: Final = 100
_NOTHING: Final = frozenset({"", "unknown", "none", "other", "see license", "license"})


def licences(folder: Path) -> dict[str, tuple[str, ...]]:
    """Licences by package URL, of what is installed in a checkout's `.venv` and `node_modules`."""
    return {**dict(_python(folder)), **dict(_node(folder / "node_modules"))}


def _python(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for metadata in sorted(folder.glob(".venv/lib/python3.*/site-packages/*.dist-info/METADATA")):
        head = HeaderParser().parsestr(metadata.read_text(encoding="utf-8", errors="replace"))
        name, version = head.get("Name"), head.get("Version")
        if name and version and (found := declared(head)):
            yield pypi(name, version), found


def declared(head: Message) -> tuple[str, ...]:
    """The licence in core metadata: its expression, else a short name, else its classifiers.

    Source: https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression
    """
    if said := (head.get("License-Expression") or "").strip():
        return (said,)
    named = (head.get("License") or "").strip()
    classified = tuple(
        value.rpartition(" :: ")[2]
        for value in head.get_all("Classifier") or []
        if value.startswith(_CLASSIFIER) and value != "License :: OSI Approved"
    )
    if named.lower() not in _NOTHING and len(named) <= _LONGEST and "\n" not in named:
        return (named,)
    return classified


def _node(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for manifest in sorted([*folder.glob("*/package.json"), *folder.glob("@*/*/package.json")]):
        try:
            document = json.loads(manifest.read_text(encoding="utf-8"))
            name, version, licence = document["name"], document["version"], document["license"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if all(isinstance(value, str) for value in (name, version, licence)):
            yield npm(name, version), (licence,)
