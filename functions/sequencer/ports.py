"""The sequencer, connected to the environment it was deployed to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

from cryptography import x509

from writ.adapters.certificate_table import CertificateTable
from writ.adapters.entry_table import EntryTable
from writ.adapters.eventbridge import EventBridgeBus
from writ.adapters.head_table import HeadTable
from writ.adapters.index_table import IndexTable
from writ.adapters.kms import KmsSigner
from writ.adapters.log_bucket import AnchorBucket, LogBucket
from writ.adapters.system import SystemClock
from writ.contracts.errors import TransientError
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.leaf import decode_leaf
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.sequencer import Sequencer, SequencerPorts
from writ.ledger.trust import TrustRoot
from writ.ports.bus import EventBus
from writ.runtime.environment import Environment, current


class Trust:
    """The trust root of this log, known once the authority has made its certificate."""

    def __init__(
        self, environment: Environment, certificates: CertificateTable, files: LogBucket, signer: KmsSigner
    ) -> None:
        self._environment = environment
        self._certificates = certificates
        self._files = files
        self._signer = signer
        self._published = False

    @cached_property
    def root(self) -> TrustRoot:
        """Raises TransientError before there is a root certificate."""
        pem = self._certificates.get_root()
        if pem is None:
            raise TransientError("the authority has no root certificate yet", code="authority.no_root")
        environment = self._environment
        return TrustRoot(
            origin=environment.log_origin,
            log_key=self._signer.public_key(),
            ct_key=KmsSigner(environment.key("ct")).public_key(),
            authorities=(x509.load_pem_x509_certificate(pem),),
            identity_base=environment.identity_base,
            issuer=environment.issuer,
        )

    @cached_property
    def _checker(self) -> EvidenceChecker:
        return EvidenceChecker(self.root)

    def check(self, entry_id: str, envelope: bytes, leaf: bytes) -> None:
        """See SequencerPorts."""
        self._checker.check(entry_id, envelope, decode_leaf(leaf))

    def publish(self) -> None:
        """Put the trust root beside the log, once. Who verifies had better get it from elsewhere."""
        if not self._published:
            self._files.create(TRUST_ROOT, self.root.encode())
            self._published = True


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
    trust = Trust(environment, certificates, files, signer)
    ports = SequencerPorts(
        entries=EntryTable(environment.table("entries")),
        certificates=certificates,
        heads=HeadTable(environment.table("log")),
        files=files,
        anchors=AnchorBucket(environment.bucket("anchors")),
        index=IndexTable(environment.table("index")),
        signer=signer,
        clock=SystemClock(),
        check=trust.check,
    )
    return Connected(Sequencer(environment.log_origin, ports), EventBridgeBus(environment.bus), trust)
