"""The recorder of a deployed function: one session key for everything the process signs."""

from __future__ import annotations

from functools import cache

from writ.adapters.authority import LambdaAuthority
from writ.adapters.entry_table import EntryTable
from writ.adapters.system import SystemClock
from writ.ledger.recorder import Recorder, Sessions


@cache
def connect_recorder(entries: str, authority: str) -> Recorder:
    """Evidence in the table `entries`, certified by the function `authority`; made once a process."""
    clock = SystemClock()
    return Recorder(EntryTable(entries), Sessions(LambdaAuthority(authority), clock), clock)
