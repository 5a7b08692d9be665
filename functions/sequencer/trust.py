"""The trust root of this log, as its sequencer knows and publishes it."""

from __future__ import annotations

from dataclasses import replace

from cryptography import x509

from writ.contracts.errors import ConflictError, TransientError
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.leaf import decode_leaf
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.note import KeyType, VerifierKey
from writ.ledger.trust import TrustRoot
from writ.ports.ledger import CertificateStore, LogFiles, LogSigner, NoteSigner


class Trust:
    """Known once the authority has made its certificate.

    `log` and `ct` are the keys of the log and of certificate timestamps, of which only the public halves
    are asked for; so is `note`, the key of the second line on checkpoints, where there is one.
    """

    def __init__(
        self,
        *,
        origin: str,
        identity_base: str,
        issuer: str,
        certificates: CertificateStore,
        files: LogFiles,
        log: LogSigner,
        ct: LogSigner,
        note: NoteSigner | None = None,
    ) -> None:
        self._origin = origin
        self._identity_base = identity_base
        self._issuer = issuer
        self._certificates = certificates
        self._files = files
        self._log = log
        self._ct = ct
        self._note = note
        self._checker: EvidenceChecker | None = None
        self._published = False

    def root(self) -> TrustRoot:
        """Raises TransientError before there is a root certificate."""
        pem = self._certificates.get_root()
        if pem is None:
            raise TransientError("the authority has no root certificate yet", code="authority.no_root")
        return TrustRoot(
            origin=self._origin,
            log_key=self._log.public_key(),
            ct_key=self._ct.public_key(),
            authorities=(x509.load_pem_x509_certificate(pem),),
            identity_base=self._identity_base,
            issuer=self._issuer,
            note_key=self._note_key(),
        )

    def check(self, entry_id: str, envelope: bytes, leaf: bytes) -> None:
        """See SequencerPorts. The root is read once: it never changes."""
        if self._checker is None:
            self._checker = EvidenceChecker(self.root())
        self._checker.check(entry_id, envelope, decode_leaf(leaf))

    def publish(self) -> None:
        """Put the trust root beside the log, once. Who verifies had better get it from elsewhere."""
        if not self._published:
            root = self.root()
            try:
                self._files.create(TRUST_ROOT, root.encode())
            except ConflictError:
                self._extend(root)
            self._published = True

    def _extend(self, root: TrustRoot) -> None:
        """Add the second key to a trust root of before there was one. Raises ConflictError for any other."""
        published = self._files.read(TRUST_ROOT)
        if published is None or TrustRoot.decode(published) != replace(root, note_key=None):
            raise ConflictError(f"{TRUST_ROOT} is of other keys", code="ledger.forked")
        self._files.replace(TRUST_ROOT, root.encode())

    def _note_key(self) -> VerifierKey | None:
        if self._note is None:
            return None
        return VerifierKey(self._origin, KeyType.ED25519, self._note.material())
