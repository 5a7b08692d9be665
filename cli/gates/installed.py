"""What installed packages declare of their licences, for lock files that do not say it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from functools import partial
from pathlib import Path
from typing import Final

from writ.gates.licences.component import npm, pypi
from writ.gates.licences.names import is_family

_CLASSIFIER: Final = "License :: "
# Core metadata's License is free text, in which some put the whole licence.
_LONGEST: Final = 100
MOST_BYTES: Final = 1024 * 1024
_LONGEST_TEXT: Final = 15_000  # several licences in one file are longer
_MIT_END: Final = "The above copyright notice and this permission notice shall be included in all copies"
_NOTHING: Final = frozenset({"", "unknown", "none", "other", "see license", "license"})


def licences(folder: Path, tracked: Collection[str] = frozenset()) -> dict[str, tuple[str, ...]]:
    """Licences by package URL, of what is installed in a checkout's `.venv` and `node_modules`.

    What git tracks was not installed but written by whoever changes the repository, so it says nothing.
    """
    root = folder.resolve()

    def counts(file: Path) -> bool:
        return _is_installed(root, file, tracked)

    return {**dict(_python(root, counts)), **dict(_node(root / "node_modules", counts))}


def _is_installed(folder: Path, file: Path, tracked: Collection[str]) -> bool:
    """Whether a file is one that an installer put there: no link, none that git tracks, and no giant."""
    try:
        if file.is_symlink() or file.parent.is_symlink() or not file.is_file():
            return False
        if file.stat().st_size > MOST_BYTES:
            return False
        places = [place for place in (file, file.resolve()) if place.is_relative_to(folder)]
    except OSError:
        return False
    parts = [place.relative_to(folder) for place in places]
    return not any(each.as_posix() in tracked for part in parts for each in (part, *part.parents))


def _python(folder: Path, counts: Callable[[Path], bool]) -> Iterator[tuple[str, tuple[str, ...]]]:
    files = folder.glob(".venv/lib/python3.*/site-packages/*.dist-info/METADATA")
    for metadata in sorted(filter(counts, files)):
        if said := of_distribution(_text(metadata), partial(_texts, metadata.parent, counts)):
            yield pypi(said.name, said.version), said.licences


@dataclass(frozen=True, slots=True)
class Distribution:
    """A package as it describes itself."""

    name: str
    version: str
    licences: tuple[str, ...]


def of_distribution(metadata: str, texts: Callable[[], Sequence[str]]) -> Distribution | None:
    """What a distribution says of its licences; None where it says nothing.

    `metadata` is its core metadata, and `texts` reads those of its licences: where it has one, and that says
    which it is, it tells what the metadata leaves open.
    """
    head = HeaderParser().parsestr(metadata)
    name, version = head.get("Name"), head.get("Version")
    found = declared(head)
    if not found or any(is_family(said) for said in found):
        written = texts()
        known = recognised(" ".join(written[0].split())) if len(written) == 1 else None
        found = (known,) if known else found
    return Distribution(name, version, found) if name and version and found else None


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


def _texts(folder: Path, counts: Callable[[Path], bool]) -> list[str]:
    named = ("LICEN[CS]E*", "COPYING*", "licenses/LICEN[CS]E*", "licenses/COPYING*")
    return [
        _text(file)
        for file in sorted({file for pattern in named for file in folder.glob(pattern) if counts(file)})
    ]


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def recognised(text: str) -> str | None:
    """The SPDX id of a licence text by sentences that no other has; white space counts as one blank.

    Source: the texts at https://spdx.org/licenses/
    """
    if len(text) > _LONGEST_TEXT:
        return None
    if text.startswith("Apache License Version 2.0, January 2004") and "END OF TERMS AND CONDITIONS" in text:
        return "Apache-2.0"
    if "Permission is hereby granted, free of charge, to any person obtaining a copy" in text:
        return "MIT" if _MIT_END in text and "Redistribution" not in text else None
    if "Redistribution and use in source and binary forms, with or without modification" in text:
        third = "endorse or promote products derived from" in text
        fourth = "All advertising materials" in text
        return None if fourth else "BSD-3-Clause" if third else "BSD-2-Clause"
    return None


def _node(folder: Path, counts: Callable[[Path], bool]) -> Iterator[tuple[str, tuple[str, ...]]]:
    found = [*folder.glob("*/package.json"), *folder.glob("@*/*/package.json")]
    for manifest in sorted(filter(counts, found)):
        try:
            document = json.loads(manifest.read_text(encoding="utf-8"))
            name, version, licence = document["name"], document["version"], document["license"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if all(isinstance(value, str) for value in (name, version, licence)):
            yield npm(name, version), (licence,)
