"""I4: an acknowledged statement is never lost and never altered, whatever fails and whoever else writes."""

from __future__ import annotations

import json
import os
from functools import cache, partial

import pytest

from tests.support.interleave import Death, Gate, Schedule
from tests.support.log_forge import BOTS, NOW, Forge, an_action, an_intent, stamp
from tests.support.memory import ManualClock
from tests.support.memory_ledger import MemoryAuthority, MemoryCertificates, MemoryEntries
from writ.contracts.errors import TransientError
from writ.ledger import dsse
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.leaf import decode_leaf, encode_leaf, verifier_of
from writ.ledger.recorder import Recorder, Sessions
from writ.ports.evidence import Adopted

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "60"))
_ENTRIES = 4


@cache
def forge() -> Forge:
    return Forge()


class World:
    """Writers of the same few entries, each with a statement of its own, over stores that fail."""

    def __init__(self, seed: int) -> None:
        self.schedule = Schedule(seed, fault_rate=(seed % 5) * 0.08)
        self.clock = ManualClock(NOW)
        self.entries = MemoryEntries()
        self.certificates = MemoryCertificates()
        self.acknowledged: list[Adopted] = []
        for writer in range(2 + seed % 3):
            self.schedule.add(partial(self._write, writer=writer))

    def _write(self, gate: Gate, writer: int) -> None:
        authority = MemoryAuthority(
            forge().issuer, BOTS + "backlog", gate.guard(self.certificates), self.clock
        )
        recorder = Recorder(gate.guard(self.entries), Sessions(gate.guard(authority), self.clock), self.clock)
        chance = self.schedule.random
        for attempt in range(8):
            action = an_action(chance.randrange(_ENTRIES))
            made = an_intent(action, stamped=stamp(seed=f"{writer}-{attempt}"))
            try:
                adopted = recorder.append_or_adopt(f"{action.id}.intent", made)
            except (Death, TransientError):
                continue
            self.acknowledged.append(adopted)


@pytest.mark.parametrize("block", range(4))
def test_what_was_acknowledged_is_what_is_stored_for_good(block: int) -> None:
    for seed in range(block * SCHEDULES // 4, (block + 1) * SCHEDULES // 4):
        world = World(seed)
        world.schedule.run()
        checker = EvidenceChecker(forge().trust)
        for adopted in world.acknowledged:
            stored = world.entries.entries[adopted.entry_id]
            envelope = dsse.decode(stored.envelope)
            assert envelope.payload_sha256 == adopted.payload_sha256, f"seed {seed}"
            assert json.loads(envelope.payload) == adopted.payload, f"seed {seed}"
            verifier = verifier_of(world.certificates.certificates[stored.certificate])
            leaf = decode_leaf(encode_leaf(envelope, stored.envelope, verifier))
            checker.check(adopted.entry_id, stored.envelope, leaf)
        for entry_id in {adopted.entry_id for adopted in world.acknowledged}:
            told = {a.payload_sha256 for a in world.acknowledged if a.entry_id == entry_id}
            assert len(told) == 1, f"seed {seed}: two statements were acknowledged under one id"


def test_faults_do_happen_and_writers_do_meet() -> None:
    worlds = [World(seed) for seed in range(40)]
    for world in worlds:
        world.schedule.run()
    assert sum(world.schedule.faults for world in worlds) > 40
    assert any(not adopted.fresh for world in worlds for adopted in world.acknowledged)
