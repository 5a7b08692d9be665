"""A release's section in a changelog that is there already: nothing that stands in it is changed."""

from __future__ import annotations

import re
from typing import Final

HEADER: Final = (
    "# Changelog\n\nThe form is that of [Keep a Changelog](https://keepachangelog.com); "
    "versions follow [Semantic Versioning](https://semver.org).\n"
)
_HEADING: Final = re.compile(r"##[ \t]+\[?(?P<name>[^\]\s(,]+)")
_FENCE: Final = re.compile(r"[ \t]{0,3}(?P<mark>`{3,}|~{3,})")
_DEFINITION: Final = re.compile(r" {0,3}\[[^\]]+\]:\s*\S")


def with_release(existing: str, version: str, section: str) -> str:
    """The changelog with the section of a release above those of earlier ones, below what is unreleased.

    Every other line is kept as it is, with its line end. A changelog that has a section for the version is
    returned as it is: to release the same twice writes nothing twice.
    """
    if not existing.strip():
        return f"{HEADER}\n{section}"
    newline = "\r\n" if "\r\n" in existing else "\n"
    lines = existing.splitlines(keepends=True)
    headings = _headings(lines)
    if any(name.removeprefix("v") == version.removeprefix("v") for _, name in headings):
        return existing
    released = [place for place, name in headings if name.lower() not in ("unreleased", "next")]
    place = released[0] if released else _end(lines)
    before, after = "".join(lines[:place]), "".join(lines[place:])
    gap = "" if before.endswith(newline * 2) else newline if before.endswith(newline) else newline * 2
    made = section.rstrip("\n").replace("\n", newline)
    return f"{before}{gap}{made}{newline}{newline if after else ''}{after}"


def _headings(lines: list[str]) -> list[tuple[int, str]]:
    """Where each section begins, and the version or word in its heading; what stands in code is none."""
    found: list[tuple[int, str]] = []
    fence = ""
    for place, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark["mark"]
        elif mark and mark["mark"].startswith(fence):
            fence = ""
        elif not fence and (heading := _HEADING.match(line)):
            found.append((place, heading["name"]))
    return found


def _end(lines: list[str]) -> int:
    """The end of the text, before the definitions of links that may close it."""
    place = len(lines)
    while place and (_DEFINITION.match(lines[place - 1]) or not lines[place - 1].strip()):
        place -= 1
    if not any(line.strip() for line in lines[place:]):
        return len(lines)
    return place + 1 if not lines[place].strip() else place
