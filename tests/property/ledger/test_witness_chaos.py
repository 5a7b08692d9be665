"""I5, as a witness sees it: publishers among writers and sequencers, with a fault at any port call.

`WRIT_CHAOS_SCHEDULES` sets how many seeded schedules are run; `make chaos` runs three thousand.
"""

from __future__ import annotations

import os
from datetime import timedelta

from functions.publisher.cosign import Cosigning, Publisher
from tests.chaos.ledger.oracle import demand, judge, logged
from tests.chaos.ledger.stores import keys
from tests.chaos.ledger.world import World, finish, prepare
from tests.support.interleave import Death, Gate
from tests.support.log_forge import ORIGIN
from tests.support.witnesses import MemoryWitness, MemoryWitnesses
from writ.contracts.errors import TransientError, WritError
from writ.ledger.checkpoint import log_verifier
from writ.ledger.cosignature import cosigned_at
from writ.ledger.logcopy import WITNESS_POLICY
from writ.ledger.note import Note
from writ.ledger.tiles import Edge, grow

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "40"))
_SERIOUS = {"witness.inconsistent", "witness.refused", "witness.answer"}


class Witnessed:
    """A world whose log is witnessed, and every answer of its witness that nobody should ever get."""

    def __init__(self, seed: int) -> None:
        self.world: World = prepare(seed)
        self.witness = MemoryWitness().watch(log_verifier(ORIGIN, keys().log.public_key()))
        known = f"witness w {self.witness.verifier.encode()} {self.witness.url}\nquorum w\n"
        self.world.stores.files.files[WITNESS_POLICY] = known.encode()
        self.alarms: list[WritError] = []
        for _ in range(1 + seed % 3):
            self.world.schedule.add(self.cosign)

    def publisher(self, gate: Gate | None) -> Publisher:
        stores, server = self.world.stores, MemoryWitnesses([self.witness], self.world.stores.clock.now())
        if gate is None:
            return Publisher(stores.files, server, stores.clock)
        return Publisher(gate.guard(stores.files), gate.guard(server), stores.clock)

    def cosign(self, gate: Gate) -> None:
        """A warm publisher, woken time and again; it starts anew when it dies."""
        publisher: Publisher | None = None
        for _ in range(self.world.schedule.random.randrange(2, 7)):
            publisher = publisher or self.publisher(gate)
            try:
                self.look_at(publisher.publish())
            except Death:
                publisher = None
            except TransientError:
                continue

    def look_at(self, done: Cosigning) -> Cosigning:
        self.alarms += [error for error in done.refusing.values() if error.code in _SERIOUS]
        return done

    def judge(self) -> None:
        """The log holds; what was cosigned is one growing history of it; and its newest head is cosigned."""
        stores = self.world.stores
        stores.clock.instant += timedelta(minutes=10)
        done = self.look_at(self.publisher(None).publish())
        judge(self.world)
        demand(not self.alarms, f"the witness of an honest log was alarmed: {self.alarms}")
        demand(not done.refusing, f"the witness refuses at rest: {done.refusing}")
        leaves, seen = logged(stores), [head for _, head in self.witness.logs.advanced]
        sizes = [head.size for head in seen]
        demand(sizes == sorted(sizes), f"I5: the witness went back: {sizes}")
        for head in set(seen):
            root = grow(Edge(), leaves[: head.size]).edge.root()
            demand(root == head.root, "I5: another history was cosigned")
        if stores.files.checkpoint is not None:
            note = Note.parse(stores.files.checkpoint[0])
            demand(cosigned_at(note, self.witness.verifier) is not None, "the newest head is not cosigned")
            demand(sizes[-1:] == [len(leaves)], "the witness has not seen the newest head")


def test_a_witness_sees_one_growing_history_whatever_fails() -> None:
    cosigned = 0
    for seed in range(SCHEDULES):
        witnessed = Witnessed(seed)
        finish(witnessed.world)
        witnessed.judge()
        cosigned += len(witnessed.witness.logs.advanced)
    assert cosigned > SCHEDULES
