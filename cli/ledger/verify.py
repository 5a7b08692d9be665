"""Verifies a copy of the log offline: no AWS, no network, only the copy and a trust root."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli.output import UsageError, counted, table
from writ.contracts.statement import rfc3339
from writ.ledger.checkpoint import log_verifier
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Finding, Report
from writ.ledger.logcopy import LogCopy
from writ.ledger.trust import TrustRoot
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify import verify_log
from writ.ledger.witness_policy import Policy, verify_quorum

_SHOWN = 20


def open_copy(folder: Path) -> LogCopy:
    """Raises UsageError for a folder that is not a copy of a log."""
    if not (folder / "checkpoint").is_file():
        kind = "no copy of a log: it has no checkpoint" if folder.exists() else "not there"
        raise UsageError(f"{folder} is {kind}", field="PATH")
    return LogCopy(folder)


def verify(
    copy: LogCopy, trust: Path | None = None, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Verify a copy against the trust root of a file, or the copy's own.

    Raises VerificationError when there is no readable signed head at all.
    """
    return verify_log(copy, trust_root(copy, trust), progress)


def trust_root(copy: LogCopy, trust: Path | None) -> TrustRoot:
    """The trust root in a file, or the copy's own. Raises UsageError, or VerificationError for a bad one."""
    if trust is not None and not trust.is_file():
        raise UsageError(f"there is no {trust}", field="--trust")
    return read_trust(trust.read_bytes() if trust is not None else copy.trust_root())


def read_policy(path: Path) -> Policy:
    """The witness policy in a file. Raises UsageError, or VerificationError for what is no policy."""
    if not path.is_file():
        raise UsageError(f"there is no {path}", field="--witness-policy")
    return Policy.parse(path.read_bytes())


def demand_quorum(
    report: Report, copy: LogCopy, policy: Policy, trust: Path | None, now: datetime
) -> Mapping[str, datetime]:
    """Hold the copy's checkpoint against a witness policy, and add to the report what it lacks.

    Returns when each witness cosigned it.
    """
    root = trust_root(copy, trust)
    logs = [log_verifier(root.origin, root.log_key)]
    try:
        found = verify_quorum(copy.checkpoint(), policy, now=now, logs=logs)
    except VerificationError as error:
        report.add([Finding(error.code, error.message)])
        return {}
    return {policy.witnesses[name].key.name: at for name, at in found.cosigned.items()}


def document(report: Report, copy: LogCopy, cosigned: Mapping[str, datetime] | None = None) -> dict[str, Any]:
    """A report, ready for JSON; `cosigned` where witnesses were asked for."""
    witnesses = {} if cosigned is None else {"cosigned": {name: rfc3339(at) for name, at in cosigned.items()}}
    return {
        "ok": report.ok,
        "copy": copy.place,
        "origin": report.checkpoint.origin,
        "size": report.checkpoint.size,
        "root": report.checkpoint.root.hex(),
        "statements": report.statements,
        "signatures": "verified" if report.signatures else "not verified",
        "erased": report.erased,
        "certificates": asdict(report.certificates),
        "faults": report.faults,
        "open": report.open,
        "findings": [asdict(finding) for finding in report.findings],
        **witnesses,
    }


def unreadable(error: VerificationError, copy: LogCopy) -> dict[str, Any]:
    """The document of a copy whose head could not be read."""
    finding = {"code": error.code, "message": error.message, "severity": "fault"}
    return {"ok": False, "copy": copy.place, "faults": 1, "open": 0, "findings": [finding]}


def unreadable_picture(error: VerificationError, copy: LogCopy) -> RenderableType:
    """The same for people."""
    return Group(
        Text.assemble(("✘ ", "bold red"), f"nothing to verify against: {error.message}"),
        Text(f"  copy: {copy.place}", style="dim"),
    )


def picture(report: Report, copy: LogCopy, cosigned: Mapping[str, datetime] | None = None) -> RenderableType:
    """A report for people: the verdict, who cosigned it, then what was found."""
    head = report.checkpoint
    size = f"{counted(head.size, 'entry', 'entries')} of {head.origin}"
    if report.ok:
        done = "verified offline" if report.signatures else "form and hashes verified offline, NO SIGNATURES"
        line = Text.assemble(("✔ ", "bold green"), f"{done}: {size}, root {head.root.hex()[:16]}…")
    else:
        faults = counted(report.faults, "fault")
        line = Text.assemble(("✘ ", "bold red"), (faults, "bold"), f" in {size}")
    notes: list[RenderableType] = [line, Text(f"  copy: {copy.place}", style="dim")]
    notes += [
        Text(f"  cosigned by {name} at {rfc3339(at)}", style="dim") for name, at in (cosigned or {}).items()
    ]
    if report.open:
        unfinished = counted(report.open, "intent has", "intents have")
        notes.append(Text(f"  {unfinished} no outcome yet, which is allowed", style="dim"))
    notes += [Text(f"  {note}", style="dim") for note in _notes(report)]
    if not report.ok:
        rows = [
            ("" if f.index is None else f.index, f.entry or "", f.code, f.message)
            for f in report.findings[:_SHOWN]
            if f.severity == "fault"
        ]
        notes.append(table(None, (">leaf", "=entry", "code", "what is wrong"), rows))
    return Group(*notes)


def _notes(report: Report) -> Iterator[str]:
    if report.erased:
        erased = counted(report.erased, "payload was", "payloads were")
        yield f"{erased} erased, as later statements say; their leaves still prove"
    made = report.certificates
    if made.issued is not None:
        used = counted(made.used, "certificate was", "certificates were")
        read = ", by what can still be read" if report.erased else ""
        yield f"{used} used of {made.issued} issued{read}"
