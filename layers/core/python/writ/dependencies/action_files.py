"""Workflows of GitHub Actions: which actions they use at which commit or tag.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
from typing import Final

from writ.dependencies.model import Form, Use
from writ.dependencies.versions import ordered, package
from writ.ports.registry import Ecosystem

_USES: Final = re.compile(
    r"^[ \t]*(?:-[ \t]+)?uses[ \t]*:[ \t]*[\"']?(?P<name>[A-Za-z0-9-]+/[A-Za-z0-9._-]+)(?:/[^\s@\"'#]+)?@"
    r"(?P<ref>[^\s\"'#]+)[\"']?(?:[ \t]+#[ \t]*(?P<said>v?\d[0-9A-Za-z.+-]*))?",
    re.MULTILINE,
)
COMMIT: Final = re.compile(r"[0-9a-f]{40}")


def workflow(path: str, written: str) -> tuple[Use, ...]:
    """The actions of other repositories; one of a branch, or of a commit that no version is named for, is
    passed over."""
    found: list[Use] = []
    for match in _USES.finditer(written):
        pinned = COMMIT.fullmatch(match["ref"]) is not None
        version = match["said"] if pinned else match["ref"]
        if version is None or ordered(Ecosystem.ACTIONS, version) is None:
            continue
        found.append(
            Use(
                package=package(Ecosystem.ACTIONS, match["name"]),
                path=path,
                line=written.count("\n", 0, match.start("name")) + 1,
                form=Form.ACTION,
                written=match["ref"],
                start=match.start("ref"),
                end=match.end("said") if pinned else match.end("ref"),
                version=version,
                hashed=pinned,
                details={"said": match.start("said")} if pinned else {},
            )
        )
    return tuple(found)
