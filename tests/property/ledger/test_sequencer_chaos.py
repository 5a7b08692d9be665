"""I4 and I5 under writers, an authority and 1 to 5 sequencers that fail at any port call.

`WRIT_CHAOS_SCHEDULES` sets how many seeded schedules are run; `make test-ledger-chaos` runs ten thousand.
"""

from __future__ import annotations

import os

import pytest

from tests.chaos.harness.campaign import Tally, examine
from tests.chaos.ledger.campaign import LEDGER
from tests.chaos.ledger.oracle import judge
from tests.chaos.ledger.variants import VARIANTS
from tests.chaos.ledger.world import Build, finish, prepare, replay
from tests.support.interleave import FATES, Fate

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "48"))
BLOCKS = 4
RARE = "replacing the checkpoint unconditionally"  # once in some hundred schedules: `make test-ledger-chaos`


@pytest.mark.parametrize("block", range(BLOCKS))
def test_nothing_acknowledged_is_lost_and_no_two_heads_disagree(block: int) -> None:
    size = SCHEDULES // BLOCKS
    tally = examine(LEDGER, range(block * size, (block + 1) * size), Build())
    assert not tally.failed, f"again: make test-ledger-chaos SEED={min(tally.failed)}"
    assert tally.injected.total() > size
    assert tally.done["entries acknowledged"] > 5 * size
    assert tally.done["checks by readers"] > size


@pytest.mark.parametrize("fate", FATES)
def test_no_single_fault_at_any_port_call_does_harm(fate: Fate) -> None:
    names = [line.partition(": ")[2] for line in replay({}).schedule.trace]
    suffered: set[str] = set()
    for number, name in enumerate(names, 1):
        if fate is Fate.HALF and name not in IN_HALVES:
            continue  # of one item nothing is half done: this is an error before it
        world = replay({number: fate})
        judge(world)
        suffered |= {call for call, _ in world.schedule.injected}
        assert world.acknowledged, f"call {number}"
    assert suffered == (IN_HALVES if fate is Fate.HALF else PORT_CALLS)


IN_HALVES = {"EventBus.publish", "LogIndex.write"}
PORT_CALLS = {
    "Anchors.create",
    "Anchors.from_size",
    "Authority.certify",
    "CertificateStore.get",
    "CertificateStore.get_root",
    "CertificateStore.put",
    "CertificateStore.put_root",
    "EntryStore.append",
    "EntryStore.appended_in",
    "EntryStore.get_many",
    "EventBus.publish",
    "HeadStore.read",
    "HeadStore.read_swept",
    "HeadStore.swap",
    "HeadStore.write_swept",
    "Key.public_key",
    "Key.sign",
    "LogFiles.create",
    "LogFiles.read",
    "LogFiles.read_checkpoint",
    "LogFiles.read_tagged",
    "LogFiles.replace_checkpoint",
    "LogIndex.find",
    "LogIndex.write",
    "LogSigner.public_key",
    "LogSigner.sign",
    "Sts.ask",
}


@pytest.mark.parametrize("build", [build for build in VARIANTS if build.name != RARE], ids=lambda b: b.name)
def test_oracle_sees_it_when_a_safeguard_is_taken_out(build: Build) -> None:
    tally = Tally()
    while not tally.failed and tally.runs < 200:
        tally.add(examine(LEDGER, [tally.runs], build))
    assert tally.failed


def test_a_seed_runs_the_same_every_time() -> None:
    for seed in (4, 33):
        first, again = (finish(prepare(seed)) for _ in range(2))
        assert first.schedule.trace == again.schedule.trace
        assert first.schedule.injected == again.schedule.injected
        assert set(first.acknowledged) == set(again.acknowledged)
