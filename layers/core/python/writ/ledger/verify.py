"""Verification of a whole log, offline: every leaf, tile, root, checkpoint, statement and chain."""

from __future__ import annotations

from collections.abc import Sequence

from writ.ledger.audit import Progress, audit_log
from writ.ledger.checkpoint import Checkpoint
from writ.ledger.findings import Report
from writ.ledger.logcopy import LogCopy
from writ.ledger.trust import TrustRoot


def verify_log(
    copy: LogCopy, trust: TrustRoot, progress: Progress | None = None, seen: Sequence[Checkpoint] = ()
) -> Report:
    """Rebuild a log from its entries and check it against its signed head and its statements, in one go.

    See `audit_log`, which does the same for large logs: it can stop and go on, and use many cores.
    """
    return audit_log(copy, trust, progress=progress, seen=seen)
