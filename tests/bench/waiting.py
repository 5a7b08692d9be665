"""`python -m tests.bench.waiting`: commits whose every request takes a while, one by one and at once.

One JSON document. Both ways run in turn over the same entries, so that their ratio says what the order of
requests costs and nothing of the machine. A call of the index counts as one request.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from tests.bench.growth import as_stored, check_evidence
from tests.support.log_forge import NOW, ORIGIN, Forge
from tests.support.memory import ManualClock
from tests.support.memory_ledger import (
    MemoryAnchors,
    MemoryCertificates,
    MemoryEntries,
    MemoryFiles,
    MemoryHeads,
    MemoryIndex,
    MemorySigner,
)
from writ.adapters.threads import at_once
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.sequencer import Sequencer, SequencerPorts
from writ.ledger.together import Together, one_by_one
from writ.ports.ledger import StoredEntry

DELAY_S: Final = 0.02
BATCHES: Final = (2, 300, 1500)
_ROUNDS: Final = 5


class _Slow:
    """A port whose every call takes DELAY_S longer."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            time.sleep(DELAY_S)
            return method(*args, **kwargs)

        return call


def document(batches: Sequence[int] = BATCHES, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Median seconds of a commit of each size both ways, and the ratio."""
    forge = Forge()
    session = forge.session()
    rows = []
    for batch in batches:
        made = forge.actions(batch // 2, session)
        stored = {entry.id: as_stored(entry, session.fingerprint) for entry in made}
        certificates = MemoryCertificates({session.fingerprint: session.certificate_pem})
        seconds: dict[Together, list[float]] = {one_by_one: [], at_once: []}
        for _ in range(rounds):
            for together, found in seconds.items():
                found.append(_commit(forge, stored, certificates, together))
        before, after = (statistics.median(found) for found in seconds.values())
        rows.append(
            {
                "entries": batch,
                "one_by_one_s": round(before, 3),
                "at_once_s": round(after, 3),
                "ratio": round(after / before, 3),
            }
        )
    return {"delay_s": DELAY_S, "commits": rows}


def _commit(
    forge: Forge, stored: dict[str, StoredEntry], certificates: MemoryCertificates, together: Together
) -> float:
    ports = SequencerPorts(
        entries=_Slow(MemoryEntries(stored)),
        certificates=certificates,  # a warm sequencer remembers them
        heads=_Slow(MemoryHeads()),
        files=_Slow(MemoryFiles()),
        anchors=_Slow(MemoryAnchors()),
        index=_Slow(MemoryIndex()),
        signer=MemorySigner(forge.log_key),
        clock=ManualClock(NOW),
        check=partial(check_evidence, EvidenceChecker(forge.trust)),
        together=together,
    )
    started = time.perf_counter()
    done = Sequencer(ORIGIN, ports).integrate(list(stored))
    took = time.perf_counter() - started
    if done.integrated != len(stored):
        raise RuntimeError(f"{done.integrated} of {len(stored)} entries were integrated")
    return took


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2)
    sys.stdout.write("\n")
