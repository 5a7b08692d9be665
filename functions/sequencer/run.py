"""One run of the sequencer, and what it makes known: its checkpoints, its lag, what it refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from functions.sequencer.announce import SERVICE, announce
from functions.sequencer.ports import Connected, connect
from functions.sequencer.stream import appended
from writ.ledger.sequencer import Integration
from writ.runtime import telemetry

# By then the stream has brought an entry or is in trouble, and the index of minutes has it.
SETTLE: Final = timedelta(seconds=60)


def integrate(records: Sequence[Mapping[str, Any]]) -> Integration:
    """Integrate the entries of a stream batch. Raises what the sequencer raises."""
    connected = _settled()
    batch = appended(records)
    done = connected.sequencer.integrate(batch.entries)
    lag = (datetime.now(UTC) - batch.oldest).total_seconds() if batch.oldest else 0.0
    _make_known(done, connected, lag_s=max(lag, 0.0), source="stream")
    return done


def sweep() -> Integration:
    """Integrate what the stream left out, and publish a head again that has stood for long."""
    connected = _settled()
    done = connected.sequencer.sweep(SETTLE)
    late = SETTLE.total_seconds() if done.integrated else 0.0
    _make_known(done, connected, lag_s=late, source="sweep")
    return done


def _settled() -> Connected:
    """Connected, with a trust root that holds every key this process signs with."""
    connected = connect()
    connected.trust.settle(connected.sequencer.renew)
    return connected


def _make_known(done: Integration, connected: Connected, *, lag_s: float, source: str) -> None:
    announce(done.published, connected.trust, connected.bus, datetime.now(UTC))
    log = telemetry.logger(SERVICE)
    for entry_id, error in done.refused.items():
        log.error("entry refused", entry=entry_id, code=error.code, reason=error.message)
    newest = max((checkpoint.size for checkpoint in done.published), default=None)
    log.info("integrated", source=source, entries=done.integrated, size=newest, lag_s=round(lag_s, 3))
    counts = {
        "EntriesIntegrated": done.integrated,
        "EntriesRefused": len(done.refused),
        "CheckpointsSigned": len(done.published),
    }
    telemetry.emit(SERVICE, counts, seconds={"LedgerLagSeconds": lag_s})
