"""What verification of a whole log finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from writ.ledger.checkpoint import Checkpoint

_KEPT: Final = 1000


class Severity(StrEnum):
    """`fault`: the log does not prove what it should. `open`: not finished yet, and allowed to be."""

    FAULT = "fault"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, with the exact leaf and entry where they are known."""

    code: str
    message: str
    index: int | None = None
    entry: str | None = None
    severity: Severity = Severity.FAULT

    def __str__(self) -> str:
        leaf = "" if self.index is None else f"leaf {self.index}"
        entry = "" if self.entry is None else f"entry {self.entry}"
        place = ", ".join(part for part in (leaf, entry) if part)
        return f"{place}: {self.message}" if place else self.message


@dataclass(slots=True)
class Report:
    """The result of verifying a log: its signed head, what was read, and what was found.

    At most 1,000 findings are kept; `faults` and `open` count them all.
    """

    checkpoint: Checkpoint
    statements: int = 0
    faults: int = 0
    open: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.faults == 0

    def add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding.severity is Severity.FAULT:
                self.faults += 1
            else:
                self.open += 1
            if len(self.findings) < _KEPT:
                self.findings.append(finding)
