"""I4 and I5 under 1 to 5 concurrent sequencers with a fault at every port call.

`WRIT_CHAOS_SCHEDULES` sets how many seeded schedules are run.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.ledger_chaos import SCHEDULES, judge, run
from writ.contracts.errors import WritError
from writ.ledger.batch import Leaves, in_stream_order
from writ.ledger.checkpoint import Checkpoint, sign_checkpoint
from writ.ledger.sequencer import Integration, Sequencer
from writ.ledger.tiles import grow
from writ.ports.ledger import Head, StoredEntry


def test_no_entry_is_lost_altered_or_duplicated_and_no_two_checkpoints_disagree() -> None:
    faults = integrated = 0
    for seed in range(SCHEDULES):
        world = run(seed)
        judge(world)
        faults += world.schedule.faults
        integrated += world.heads.head.size
    assert faults > SCHEDULES
    assert integrated > SCHEDULES


class WithoutFilter(Sequencer):
    """Takes every delivery for new."""

    def _missing(self, entry_ids: Sequence[str]) -> list[StoredEntry]:
        entries = self._ports.entries.get_many(entry_ids)
        return in_stream_order(entries, list(entry_ids))


class WithoutGate(Sequencer):
    """Goes on from a head whose files and index may be missing."""

    def _settled_head(self, done: Integration) -> Head:
        return self._guarded_head()


class SigningFirst(Sequencer):
    """Signs the head it hopes to commit."""

    def _commit(self, head: Head, batch: Leaves, done: Integration) -> None:
        growth = grow(self._edge(head.size, head.root), batch.leaves)
        checkpoint = Checkpoint(self._origin, growth.edge.size, growth.edge.root())
        sign_checkpoint(checkpoint, self._ports.signer.public_key(), self._ports.signer.sign)
        super()._commit(head, batch, done)


@pytest.mark.parametrize("variant", [WithoutFilter, WithoutGate, SigningFirst])
def test_oracle_sees_it_when_a_safeguard_is_taken_out(variant: type[Sequencer]) -> None:
    assert any(fails(seed, variant) for seed in range(60))


def fails(seed: int, variant: type[Sequencer]) -> bool:
    try:
        judge(run(seed, variant))
    except (AssertionError, WritError):
        return True
    return False
