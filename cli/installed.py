"""What installed packages declare of their licences, for lock files that do not say it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Final

from writ.gates.licences.component import npm, pypi
from writ.gates.licences.names import is_family

_CLASSIFIER: Final = "License :: "
# Core metadata's License is free text, in which some put the whole licence.
_LONGEST: Final = 100
_LONGEST_TEXT: Final = 15_000  # several licences in one file are longer
_MIT_END: Final = "The above copyright notice and this permission notice shall be included in all copies"
_NOTHING: Final = frozenset({"", "unknown", "none", "other", "see license", "license"})


def licences(folder: Path) -> dict[str, tuple[str, ...]]:
    """Licences by package URL, of what is installed in a checkout's `.venv` and `node_modules`."""
    return {**dict(_python(folder)), **dict(_node(folder / "node_modules"))}


def _python(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for metadata in sorted(folder.glob(".venv/lib/python3.*/site-packages/*.dist-info/METADATA")):
        head = HeaderParser().parsestr(metadata.read_text(encoding="utf-8", errors="replace"))
        name, version = head.get("Name"), head.get("Version")
        found = declared(head)
        if not found or any(is_family(said) for said in found):
            found = _of_texts(metadata.parent) or found
        if name and version and found:
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


def _of_texts(folder: Path) -> tuple[str, ...]:
    """The licence whose text a distribution has, where it has one text and that says which it is."""
    named = ("LICEN[CS]E*", "COPYING*", "licenses/LICEN[CS]E*", "licenses/COPYING*")
    files = sorted({file for pattern in named for file in folder.glob(pattern) if file.is_file()})
    if len(files) != 1:
        return ()
    text = " ".join(files[0].read_text(encoding="utf-8", errors="replace").split())
    found = recognised(text)
    return (found,) if found else ()


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


def _node(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for manifest in sorted([*folder.glob("*/package.json"), *folder.glob("@*/*/package.json")]):
        try:
            document = json.loads(manifest.read_text(encoding="utf-8"))
            name, version, licence = document["name"], document["version"], document["license"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if all(isinstance(value, str) for value in (name, version, licence)):
            yield npm(name, version), (licence,)
