"""One run of the publisher, and what it makes known: cosignatures, and witnesses that gave none."""

from __future__ import annotations

from typing import Final

from functions.publisher.cosign import Cosigning
from functions.publisher.ports import connect
from writ.runtime import telemetry

SERVICE: Final = "publisher"


def publish() -> Cosigning:
    """Have the newest checkpoint cosigned. Raises what the publisher raises."""
    done = connect().publish()
    log = telemetry.logger(SERVICE)
    for name, error in done.away.items():
        log.warning("witness away", witness=name, code=error.code, reason=error.message)
    for name, error in done.refusing.items():
        log.error("witness refuses", witness=name, code=error.code, reason=error.message)
    if done.cosigned:
        log.info("cosigned", size=done.size, witnesses=sorted(done.cosigned))
    counts = {
        "CheckpointsCosigned": len(done.cosigned),
        "WitnessesAway": len(done.away),
        "WitnessesRefusing": len(done.refusing),
    }
    telemetry.emit(SERVICE, counts)
    return done
