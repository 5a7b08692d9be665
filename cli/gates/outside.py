"""What the gate of security is told beside the checkout, by the options of `writ gate run`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.gates import template_linter
from cli.gates.advisories import LocalMirror
from cli.output import UsageError
from writ.gates.security.outside import Outside

_MOST_BYTES: Final = 64 * 1024 * 1024
_SYNTHESIZED: Final = (
    ".template.json",
    "-NagReport.csv",
    "-NagReport.json",
    "validation-report.json",
)


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie on this machine; None for what is not there."""

    advisories: Path | None = None
    releases: Path | None = None
    assembly: Path | None = None


def outside(places: Places) -> Outside:
    """What the places hold. Raises UsageError; a mirror that cannot be read is the gate's to tell."""
    return Outside(
        mirror=LocalMirror(places.advisories) if places.advisories else None,
        released=_released(places.releases) if places.releases else {},
        linter=template_linter.installed(),
        assembly=_assembly(places.assembly) if places.assembly else {},
    )


def _assembly(folder: Path) -> dict[str, bytes]:
    """Templates and reports of a synthesized app and its stages; names begin with the folder's."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", field="--cdk-out")
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.name.endswith(_SYNTHESIZED) and file.is_file() and not file.is_symlink():
            if file.stat().st_size > _MOST_BYTES:
                raise UsageError(f"{file} is larger than is read: {_MOST_BYTES} bytes", field="--cdk-out")
            found[f"{folder.name}/{file.relative_to(folder).as_posix()}"] = file.read_bytes()
    return found


def _released(file: Path) -> dict[str, str]:
    """Dates of releases: an object of package URLs with versions, each with an ISO 8601 time."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{file} is larger than is read: {_MOST_BYTES} bytes", field="--releases")
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        raise UsageError(f"{file} cannot be read as JSON", field="--releases") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(f"{file} is no object of package URLs and times", field="--releases")
    return found
