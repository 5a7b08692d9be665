"""What the routes of evidence read from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from writ.adapters.certificate_table import CertificateTable
from writ.adapters.entry_table import EntryTable
from writ.adapters.index_table import IndexTable
from writ.adapters.late_flags import late_flags
from writ.adapters.log_bucket import AnchorBucket, LogBucket
from writ.adapters.notary import LambdaNotary
from writ.adapters.promise_table import PromiseTable
from writ.adapters.system import SystemClock
from writ.ports.clock import Clock
from writ.ports.flags import Flags
from writ.ports.ledger import (
    AnchorList,
    EntryStore,
    IssuedCertificates,
    LogFiles,
    LogIndex,
    Notary,
    PromiseStore,
)
from writ.runtime.environment import current


@dataclass(frozen=True, slots=True)
class Ports:
    """The concern's own ports."""

    entries: EntryStore
    certificates: IssuedCertificates
    index: LogIndex
    files: LogFiles
    anchors: AnchorList
    promises: PromiseStore
    notary: Notary
    flags: Flags
    clock: Clock


@cache
def connect() -> Ports:
    """The ports of a deployed function, once in an execution environment."""
    environment = current()
    return Ports(
        entries=EntryTable.sealing(
            environment.table("entries"), environment.table("subjects"), environment.key("subjects")
        ),
        certificates=CertificateTable(environment.table("certificates")),
        index=IndexTable(environment.table("index")),
        files=LogBucket(environment.bucket("log")),
        anchors=AnchorBucket(environment.bucket("anchors")),
        promises=PromiseTable(environment.table("promises")),
        notary=LambdaNotary(environment.other_function("notary")),
        flags=late_flags(environment.flag_site()),
        clock=SystemClock(),
    )
