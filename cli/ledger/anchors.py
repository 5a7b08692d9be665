"""`writ ledger verify --anchor`: holds a log against what was posted of it on GitHub."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.output import UsageError, counted
from writ.ledger.anchor import Anchored, check_anchors, nodes_of_copy, read_statuses
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Finding, Report
from writ.ledger.logcopy import LogCopy

OPTION = "--anchor"
AnchorFiles = Annotated[
    list[str] | None,
    typer.Option(
        OPTION,
        metavar="FILE",
        help="Statuses of a commit on GitHub, as JSON, that the log must hold; - for standard input.",
    ),
]


@dataclass(frozen=True, slots=True)
class Anchors:
    """The heads that were demanded, and whether the log holds every one of them."""

    heads: Sequence[Anchored]
    held: bool

    def shown(
        self, document: dict[str, Any], picture: RenderableType
    ) -> tuple[dict[str, Any], RenderableType]:
        """A report's document and picture, with what came of its anchors."""
        listed = [{"name": head.name, "size": head.size, "root": head.root.hex()} for head in self.heads]
        document = {**document, "anchors": listed}
        if not self.held:
            return document, picture
        largest = max(head.size for head in self.heads)
        count = counted(len(self.heads), "anchored head")
        line = f"  holds {count}, the largest of size {largest}"
        return document, Group(picture, Text(line, style="dim"))


def read_anchors(places: Sequence[str] | None) -> list[bytes]:
    """The statuses in files, or on standard input for `-`. Raises UsageError for a file that is not there."""
    found = []
    for place in places or ():
        path = Path(place)
        if place != "-" and not path.is_file():
            raise UsageError(f"there is no {place}", field=OPTION)
        found.append(sys.stdin.buffer.read() if place == "-" else path.read_bytes())
    return found


def demand_anchors(report: Report, log: LogCopy, statuses: Sequence[bytes]) -> Anchors:
    """Hold a verified log against every anchored head, and add to the report what does not fit."""
    head, heads = report.checkpoint, list[Anchored]()
    findings: list[Finding] = []
    for data in statuses:
        try:
            heads += read_statuses(data, head.origin)
        except VerificationError as error:
            findings.append(Finding(error.code, error.message))
    if heads or not findings:
        findings += check_anchors(heads, head, nodes_of_copy(log, head))
    report.add(findings)
    return Anchors(heads, held=not findings)
