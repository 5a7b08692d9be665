"""The trust root of this log, as its sequencer knows, replaces and publishes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from writ.contracts.errors import ConflictError, ContendedError, TransientError
from writ.contracts.retirement import Retirements, generation
from writ.ledger.errors import VerificationError
from writ.ledger.leaf import decode_leaf
from writ.ledger.logcopy import TRUST_ROOT
from writ.ports.clock import Clock
from writ.ports.ledger import CertificateStore, LogFiles, LogSigner, NoteSigner

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from writ.ledger.evidence import EvidenceChecker
    from writ.ledger.note import VerifierKey
    from writ.ledger.trust import TrustRoot


def _nobody() -> None:
    """Where there is no authority to ask."""


class Trust:
    """Known once the authority has made its certificate.

    `log` and `ct` are the keys of the log and of certificate timestamps, of which only the public halves
    are asked for; so is `note`, the key of the second line on checkpoints, where there is one. `retired` is
    what the operator declared of the keys before them; `make_root` has the authority make the certificate of
    a new key before anybody asks to be certified by it.
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
        clock: Clock,
        note: NoteSigner | None = None,
        retired: Retirements | None = None,
        make_root: Callable[[], object] = _nobody,
    ) -> None:
        self._origin = origin
        self._identity_base = identity_base
        self._issuer = issuer
        self._certificates = certificates
        self._files = files
        self._log = log
        self._ct = ct
        self._clock = clock
        self._note = note
        self._retired: Retirements = retired or {}
        self._make_root = make_root
        self._published: TrustRoot | None = None
        self._former: tuple[ec.EllipticCurvePublicKey, ...] = ()
        self._checker: EvidenceChecker | None = None
        self._checks_until: datetime | None = None

    def settle(self, renew: Callable[[], object]) -> None:
        """Bring what is published in step with the keys in use, before they sign anything new.

        Done once; nothing happens before the first checkpoint, which `publish` goes with. `renew` has the
        published checkpoint signed by the keys in use, beside its old signatures: so it verifies under the
        old trust root and under the new one, whichever a reader holds.

        Raises
        ------
        RotationError
            The keys in use do not follow those that were published: nothing may be signed by them.
        TransientError
            A store or the authority is away, or another sequencer was first.
        """
        if self._published is not None:
            return
        found = self._files.read_tagged(TRUST_ROOT)
        if found is None:
            return
        from writ.ledger.rotation import successor
        from writ.ledger.trust import TrustRoot

        before = TrustRoot.decode(found[0])
        after = successor(before, self._in_use(), self._retired, self._clock.now())
        self._former = tuple(key for key, _ in after.retired.log_keys)
        if after != before:
            renew()
            try:
                self._files.replace(TRUST_ROOT, after.encode(), found[1])
            except ConflictError:
                raise ContendedError(f"{TRUST_ROOT} was replaced meanwhile", code="ledger.racing") from None
        self._published = after

    def former_log_keys(self) -> Sequence[ec.EllipticCurvePublicKey]:
        """The log's keys of before, which may still be the ones on its checkpoint."""
        return self._former

    def check(self, entry_id: str, envelope: bytes, leaf: bytes) -> None:
        """See SequencerPorts. A retired authority certifies nobody who comes after its end.

        Raises TransientError where the trust root was replaced under this process: what it does not know
        may well be known by now, and a statement that is refused is refused for good.
        """
        try:
            self._checker_now().check(entry_id, envelope, decode_leaf(leaf))
        except VerificationError:
            if self._is_outdated():
                self._published = self._checker = None
                raise ContendedError(f"{TRUST_ROOT} was replaced meanwhile", code="ledger.racing") from None
            raise

    def publish(self) -> None:
        """Put the trust root beside a new log. Who verifies had better get it from elsewhere."""
        if self._published is None:
            root = self._first()
            try:
                self._files.create(TRUST_ROOT, root.encode())
            except ConflictError:
                raise ContendedError(f"another {TRUST_ROOT} appeared", code="ledger.racing") from None
            self._published = root

    def _checker_now(self) -> EvidenceChecker:
        from writ.ledger.evidence import EvidenceChecker

        now = self._clock.now()
        if self._checker is None or (self._checks_until is not None and now > self._checks_until):
            root = self._published or self._first()
            ends = [(item, end) for item, end in root.retired.authorities if now <= end]
            self._checks_until = min((end for _, end in ends), default=None)
            self._checker = EvidenceChecker(
                replace(root, retired=replace(root.retired, authorities=tuple(ends)))
            )
        return self._checker

    def _is_outdated(self) -> bool:
        from writ.ledger.trust import TrustRoot

        data = self._files.read(TRUST_ROOT)
        return data is not None and TrustRoot.decode(data) != (self._published or self._first())

    def _first(self) -> TrustRoot:
        """The trust root of a log that has none yet, and so no keys of before."""
        for kind, items in self._retired.items():
            if items:
                from writ.ledger.rotation import RotationError

                raise RotationError(
                    "a new log has no retired keys: take them out of the settings", field=f"retired.{kind}"
                )
        return self._in_use()

    def _in_use(self) -> TrustRoot:
        """The keys as deployed. Raises TransientError before there is a root certificate."""
        from cryptography import x509

        from writ.ledger.trust import TrustRoot

        number = generation(self._retired, "ca")
        pem = self._certificates.get_root(number)
        if pem is None and number > 1:
            self._make_root()
            pem = self._certificates.get_root(number)
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

    def _note_key(self) -> VerifierKey | None:
        if self._note is None:
            return None
        from writ.ledger.note import KeyType, VerifierKey

        return VerifierKey(self._origin, KeyType.ED25519, self._note.material())
