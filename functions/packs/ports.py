"""What packs are made from and where they go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from functions.packs.job import Jobs
from functions.packs.table import JobTable
from functions.packs.vault import Vault, VaultBucket
from writ.adapters.entry_table import EntryTable
from writ.adapters.index_table import IndexTable
from writ.adapters.log_bucket import AnchorBucket, LogBucket
from writ.adapters.notary import LambdaNotary
from writ.adapters.promise_table import PromiseTable
from writ.adapters.step_functions import StepFunctions
from writ.adapters.system import SystemClock
from writ.contracts.errors import NotFoundError
from writ.ledger.log import Head, Log
from writ.ledger.logcopy import TRUST_ROOT
from writ.ports.clock import Clock
from writ.ports.flows import Flows
from writ.ports.ledger import AnchorNotes, EntryStore, LogIndex, LogReader, Notary, PromiseStore
from writ.runtime.environment import Environment

if TYPE_CHECKING:
    from writ.ledger.trust import TrustRoot

_FILES = 64


class _Remembering:
    """A log whose files are read once: they never change, and every proof needs the same few."""

    def __init__(self, files: LogReader) -> None:
        self.read: Callable[[str], bytes | None] = lru_cache(_FILES)(files.read)
        self.read_checkpoint = files.read_checkpoint


@dataclass(frozen=True, slots=True)
class Ports:
    """The concern's own ports."""

    entries: EntryStore
    index: LogIndex
    files: LogReader
    anchors: AnchorNotes
    promises: PromiseStore
    notary: Notary
    jobs: Jobs
    vault: Vault
    flows: Flows
    clock: Clock
    _files: LogReader = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_files", _Remembering(self.files))

    def trust(self) -> TrustRoot:
        """The log's own trust root. Raises NotFoundError before its first checkpoint."""
        from writ.ledger.trust import TrustRoot

        data = self.files.read(TRUST_ROOT)
        if data is None:
            raise NotFoundError("the log has no trust root yet", code="not_found.trust_root")
        return TrustRoot.decode(data)

    def log(self, note: bytes | None = None) -> Log:
        """The log under an earlier checkpoint, or under its newest one.

        Raises NotFoundError before the first one, VerificationError for one that the log did not sign.
        """
        trust = self.trust()
        if note is None:
            return Log.under(self._files, trust.origin, trust.log_key, trust.note_key)
        return Log(self._files, Head(note, trust.open_earlier(note)))


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    return Ports(
        entries=EntryTable.sealing(
            environment.table("entries"), environment.table("subjects"), environment.key("subjects")
        ),
        index=IndexTable(environment.table("index")),
        files=LogBucket(environment.bucket("log")),
        anchors=AnchorBucket(environment.bucket("anchors")),
        promises=PromiseTable(environment.table("promises")),
        notary=LambdaNotary(environment.other_function("notary")),
        jobs=JobTable(environment.table("packs")),
        vault=VaultBucket(environment.bucket("packs")),
        flows=StepFunctions(environment.flows),
        clock=SystemClock(),
    )
