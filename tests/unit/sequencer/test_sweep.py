"""A sweep has a minute or so, however long it is since the last one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from tests.support.memory_ledger import MemoryEntries, MemoryHeads
from tests.unit.evidence.conftest import Log
from writ.ledger.sequencer import LONGEST_SWEEP

SETTLE = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)


@dataclass
class Asked(MemoryEntries):
    """Entries, and which minutes were looked at."""

    minutes: list[datetime] = field(default_factory=list)

    def appended_in(self, minute: datetime) -> list[str]:
        self.minutes.append(minute)
        return list(super().appended_in(minute))


@pytest.mark.parametrize("pause", [timedelta(hours=1), timedelta(days=3)], ids=["an hour", "a weekend"])
def test_sweeps_after_a_pause_look_at_every_minute_once_and_each_at_some_hours(pause: timedelta) -> None:
    """I4: the stream forgets after a day, and then nothing else brings in what was appended."""
    entries = Asked()
    log = Log(entries=entries)
    heads = log.sequencer._ports.heads
    assert isinstance(heads, MemoryHeads)
    log.append(0)
    log.sequencer.sweep(SETTLE)
    began = heads.swept
    assert began is not None
    log.clock.forward(seconds=pause.total_seconds())
    left_out = log.append(int(pause / timedelta(hours=1)), logged=False)
    log.clock.forward(minutes=3)
    entries.minutes.clear()
    integrated: list[int] = []
    for _ in range(-(-pause // LONGEST_SWEEP) + 1):
        before = len(entries.minutes)
        integrated.append(log.sequencer.sweep(SETTLE).integrated)
        assert (len(entries.minutes) - before) * MINUTE <= LONGEST_SWEEP
    assert sum(integrated) == 1
    assert left_out in entries.entries
    assert heads.swept is not None
    assert heads.swept + SETTLE + MINUTE > log.clock.now()
    assert entries.minutes == [began + n * MINUTE for n in range((heads.swept - began) // MINUTE)]
