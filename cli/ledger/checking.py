"""A copy of a log verified or audited, and held against the heads that this machine has seen of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cli.ledger import audit as auditing
from cli.ledger import verify as verification
from cli.ledger.seen import recall, remember
from cli.progress import Bars
from writ.ledger.audit import audit_log
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Report
from writ.ledger.logcopy import LogCopy
from writ.ledger.verify import verify_log


def verified(
    log: LogCopy, trust: Path | None, seen: Path, bars: Bars, *, live: bool
) -> Report | VerificationError:
    """Verify a copy and hold it against what was seen before; `live` when it was made just now."""
    memory, now = recall(seen), datetime.now(UTC)
    try:
        root = verification.trust_root(log, trust)
        before = memory.head(root)
        report = verify_log(
            log, root, steps(bars, "verifying the copy offline"), seen=[] if before is None else [before]
        )
        stale = memory.staleness(log.checkpoint(), root, now) if live else None
        report.add([] if stale is None else [stale])
        if report.heads_hold:
            remember(seen, memory.with_head(log.checkpoint(), root, now))
    except VerificationError as error:
        return error
    return report


def audited(
    log: LogCopy,
    trust: Path | None,
    seen: Path,
    bars: Bars,
    *,
    jobs: int | None,
    signatures: bool,
    state: Path,
) -> Report | VerificationError:
    """Rebuild a copy, going on from `state`, and hold it against what was seen before."""
    memory = recall(seen)
    try:
        root = verification.trust_root(log, trust)
        before = memory.head(root)
        with auditing.workers(jobs or auditing.cores(), log, root, signatures=signatures) as run:
            report = audit_log(
                log,
                root,
                state=state,
                signatures=signatures,
                seen=[] if before is None else [before],
                run=run,
                progress=steps(bars, "auditing the copy"),
            )
        if report.heads_hold:
            remember(seen, memory.with_head(log.checkpoint(), root, datetime.now(UTC)))
    except VerificationError as error:
        return error
    return report


def steps(bars: Bars, name: str) -> Callable[[int, int], None]:
    """What moves the bar of this name, told how much is done and of how much."""
    return lambda done, size: bars.step(name, done, size)
