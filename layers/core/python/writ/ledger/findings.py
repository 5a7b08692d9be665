"""What verification of a whole log finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from writ.ledger.checkpoint import Checkpoint

_KEPT: Final = 1000
_HEADS: Final = frozenset(
    ("root.mismatch", "checkpoint.ahead", "checkpoint.behind", "checkpoint.inconsistent")
)


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


@dataclass(frozen=True, slots=True)
class Certificates:
    """How many certificates signed statements of the log, and how many were issued.

    `issued` and `unused` are None where the copy does not say which were issued.
    """

    used: int = 0
    issued: int | None = None
    unused: int | None = None


@dataclass(slots=True)
class Report:
    """The result of verifying a log: its signed head, what was read, and what was found.

    At most 1,000 findings are kept; `faults` and `open` count them all. `erased` are leaves whose payload a
    later statement says was erased, and is gone. `signatures` is False where the statements' own signatures
    were left unchecked, which was then asked for. `heads_hold` says whether the entries lead to the signed
    head and to every one before it.
    """

    checkpoint: Checkpoint
    statements: int = 0
    erased: int = 0
    certificates: Certificates = Certificates()
    signatures: bool = True
    heads_hold: bool = True
    faults: int = 0
    open: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.faults == 0

    def add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding.code in _HEADS:
                self.heads_hold = False
            if finding.severity is Severity.FAULT:
                self.faults += 1
            else:
                self.open += 1
            if len(self.findings) < _KEPT:
                self.findings.append(finding)
