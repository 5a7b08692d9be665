"""The sequencer, connected to the environment it was deployed to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from functions.sequencer.trust import Trust
from writ.adapters.authority import LambdaAuthority
from writ.adapters.certificate_table import CertificateTable
from writ.adapters.entry_table import EntryTable
from writ.adapters.eventbridge import EventBridgeBus
from writ.adapters.head_table import HeadTable
from writ.adapters.index_table import IndexTable
from writ.adapters.kms import KmsEd25519, KmsSigner
from writ.adapters.log_bucket import AnchorBucket, LogBucket
from writ.adapters.system import SystemClock
from writ.adapters.threads import at_once
from writ.ledger.sequencer import Sequencer, SequencerPorts
from writ.ports.bus import EventBus
from writ.runtime.environment import current


@dataclass(frozen=True, slots=True)
class Connected:
    """A sequencer, and where it makes its work known."""

    sequencer: Sequencer
    bus: EventBus
    trust: Trust


@cache
def connect() -> Connected:
    """Built once in an execution environment; certificates that passed once are not checked again."""
    environment = current()
    files = LogBucket(environment.bucket("log"))
    certificates = CertificateTable(environment.table("certificates"))
    signer = KmsSigner(environment.key("log"))
    # A target whose KMS knows no Ed25519 has no such key.
    note_signer = KmsEd25519(environment.key("note")) if "note" in environment.keys else None
    trust = Trust(
        origin=environment.log_origin,
        identity_base=environment.identity_base,
        issuer=environment.issuer,
        certificates=certificates,
        files=files,
        log=signer,
        ct=KmsSigner(environment.key("ct")),
        clock=SystemClock(),
        note=note_signer,
        retired=environment.retired,
        make_root=lambda: LambdaAuthority(environment.other_function("authority")).make_root(),
    )
    ports = SequencerPorts(
        entries=EntryTable.sealing(
            environment.table("entries"), environment.table("subjects"), environment.key("subjects")
        ),
        certificates=certificates,
        heads=HeadTable(environment.table("log")),
        files=files,
        anchors=AnchorBucket(environment.bucket("anchors")),
        index=IndexTable(environment.table("index")),
        signer=signer,
        clock=SystemClock(),
        check=trust.check,
        note_signer=note_signer,
        former=trust.former_log_keys,
        together=at_once,
    )
    return Connected(Sequencer(environment.log_origin, ports), EventBridgeBus(environment.bus), trust)
