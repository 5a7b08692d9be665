"""The recorder of a deployed function: one session key for everything the process signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from writ.trace import recording
from writ.trace.span import Kind

if TYPE_CHECKING:
    from writ.ledger.recorder import Recorder
    from writ.ports.evidence import Adopted


@dataclass(frozen=True, slots=True)
class DeployedRecorder:
    """Evidence in the table `entries`, certified by the function `authority`; what is about people is sealed
    with their keys in the table `subjects`, which the KMS key `wrapping` wraps.

    Connected at the first statement: what signs is a quarter of a cold start, and a read has no need of it.
    """

    entries: str
    authority: str
    subjects: str
    wrapping: str

    def append_or_adopt(self, entry_id: str, statement: Mapping[str, Any]) -> Adopted:
        """See Evidence."""
        with recording.span("ledger append", Kind.CLIENT) as span:
            adopted = self._recorder().append_or_adopt(entry_id, statement)
            span.set("writ.entry.fresh", adopted.fresh)
            return adopted

    def get(self, entry_id: str) -> Adopted | None:
        """See Evidence."""
        return self._recorder().get(entry_id)

    def _recorder(self) -> Recorder:
        return _connected(self)


@cache
def _connected(to: DeployedRecorder) -> Recorder:
    from writ.adapters.authority import LambdaAuthority
    from writ.adapters.entry_table import EntryTable
    from writ.adapters.system import SystemClock
    from writ.ledger.recorder import Recorder, Sessions

    clock = SystemClock()
    entries = EntryTable.sealing(to.entries, to.subjects, to.wrapping)
    return Recorder(entries, Sessions(LambdaAuthority(to.authority), clock), clock)
