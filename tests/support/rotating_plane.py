"""A plane's ledger over moto (KMS, S3 and DynamoDB), deployed again and again with other keys."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from functions.authority.certify import AuthorityPorts, certify, root_certificate
from functions.evidence.bundle import bundle_of
from functions.evidence.ports import Ports
from functions.notary.attest import NotaryPorts, attest
from functions.sequencer.announce import announce
from functions.sequencer.trust import Trust
from tests.support.ed25519_kms import add_ed25519_key
from tests.support.flags import MemoryFlags
from tests.support.log_forge import BOTS, ISSUER, NOW, ORIGIN, an_action, an_intent, stamp
from tests.support.memory import ManualClock, MemoryBus
from tests.support.sts import ACCOUNT, ROLE, Sts
from writ.adapters import aws
from writ.adapters.certificate_table import CertificateTable
from writ.adapters.entry_table import EntryTable
from writ.adapters.head_table import HeadTable
from writ.adapters.index_table import IndexTable
from writ.adapters.kms import KmsEd25519, KmsPrivateKey, KmsSigner
from writ.adapters.log_bucket import AnchorBucket, LogBucket
from writ.adapters.promise_table import PromiseTable
from writ.contracts.retirement import KeyKind, Retirement, generation
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.recorder import Recorder, Sessions
from writ.ledger.rotation import trusted_keys
from writ.ledger.sequencer import Integration, Sequencer, SequencerPorts
from writ.ledger.trust import TrustRoot
from writ.ports.ledger import KeptPromise

LOG = "writ-test-log"
ANCHORS = "writ-test-anchors"
TABLES = ("certificates", "entries", "index", "log", "promises")
BOT = "backlog"


class ClockedAnchors(AnchorBucket):
    """Anchors in a bucket whose clock is a test's, where S3 has its own."""

    def __init__(self, bucket: str, clock: ManualClock) -> None:
        super().__init__(bucket)
        self._clock = clock
        self._made: dict[int, datetime] = {}

    def create(self, size: int, root: bytes, note: bytes) -> None:
        super().create(size, root, note)
        self._made.setdefault(size, self._clock.now())

    def covered_at(self, index: int) -> datetime | None:
        return next((self._made[size] for size in sorted(self._made) if size > index), None)


class AuthorityInProcess:
    """See Authority: the authority's code, and an STS that knows the caller."""

    def __init__(self, ports: AuthorityPorts, sts: Sts) -> None:
        self.ports = ports
        self._sts = sts

    def certify(self, public_key: bytes) -> bytes:
        proof = self._sts.sign(public_key, at=self.ports.clock.now())
        request = {"public_key": b64encode(public_key).decode(), "proof": proof}
        return certify(request, ACCOUNT, self.ports)


@dataclass
class RotatingPlane:
    """Keys, stores, and every function that has to do with keys as last deployed.

    To be made inside of `moto_aws(*TABLES)`. `keys` are KMS keys by kind, `retired` the plane's setting.
    """

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    keys: dict[KeyKind, str] = field(default_factory=dict)
    retired: dict[KeyKind, tuple[Retirement, ...]] = field(default_factory=dict)
    sts: Sts = field(default_factory=Sts)

    def __post_init__(self) -> None:
        for bucket in (LOG, ANCHORS):
            aws.client("s3").create_bucket(Bucket=bucket)
        for kind in ("ca", "ct", "log", "note"):
            self.keys[kind] = new_key(kind, 1)
        self.files, self.anchors = LogBucket(LOG), ClockedAnchors(ANCHORS, self.clock)
        self.certificates, self.entries = CertificateTable("certificates"), EntryTable("entries")
        self.index, self.promises = IndexTable("index"), PromiseTable("promises")
        self.deploy_authority()
        self.deploy_sequencer()
        self.deploy_notary()

    def retire(self, kind: KeyKind, end: datetime, *, compromised: bool = False) -> None:
        """What the operator writes into the settings: the key in use ends, the next one takes its place."""
        (id,) = [key.id for key in trusted_keys(self.trust) if key.kind == kind and key.end is None]
        item = Retirement(id=id, end=end, compromised=compromised)
        self.retired[kind] = (*self.retired.get(kind, ()), item)
        self.keys[kind] = new_key(kind, generation(self.retired, kind))

    def rotate(self, kind: KeyKind, end: datetime, *, compromised: bool = False) -> None:
        """The same, deployed, and the sequencer's first minute."""
        self.retire(kind, end, compromised=compromised)
        self.deploy_authority()
        self.deploy_sequencer()
        self.sweep()
        self.deploy_notary()

    def deploy_authority(self) -> None:
        """And every bot: whose variables changed has no session any more."""
        ports = AuthorityPorts(
            certificates=self.certificates,
            ca_key=KmsPrivateKey(KmsSigner(self.keys["ca"])),
            ct_key=KmsPrivateKey(KmsSigner(self.keys["ct"])),
            ask_sts=self.sts.ask,
            clock=self.clock,
            identities={ROLE: BOT},
            identity_base=BOTS,
            issuer=ISSUER,
            generation=generation(self.retired, "ca"),
            trust_root=lambda: self.files.read(TRUST_ROOT),
        )
        self.authority = AuthorityInProcess(ports, self.sts)
        self.recorder = Recorder(self.entries, Sessions(self.authority, self.clock), self.clock)

    def deploy_sequencer(self) -> None:
        signer, note = KmsSigner(self.keys["log"]), KmsEd25519(self.keys["note"])
        authority = self.authority
        self.sequencer_trust = Trust(
            origin=ORIGIN,
            identity_base=BOTS,
            issuer=ISSUER,
            certificates=self.certificates,
            files=self.files,
            log=signer,
            ct=KmsSigner(self.keys["ct"]),
            clock=self.clock,
            note=note,
            retired=dict(self.retired),
            make_root=lambda: root_certificate(authority.ports),
        )
        ports = SequencerPorts(
            entries=self.entries,
            certificates=self.certificates,
            heads=HeadTable("log"),
            files=self.files,
            anchors=self.anchors,
            index=self.index,
            signer=signer,
            clock=self.clock,
            check=self.sequencer_trust.check,
            note_signer=note,
            former=self.sequencer_trust.former_log_keys,
        )
        self.sequencer = Sequencer(ORIGIN, ports)

    def deploy_notary(self) -> None:
        signer = KmsSigner(self.keys["log"])
        self.notary = NotaryPorts(self.files, self.anchors, self.promises, signer, ORIGIN)

    @property
    def trust(self) -> TrustRoot:
        data = self.files.read(TRUST_ROOT)
        assert data is not None
        return TrustRoot.decode(data)

    @property
    def note(self) -> bytes:
        """The published checkpoint."""
        found = self.files.read_checkpoint()
        assert found is not None
        return found[0]

    def append(self, number: int) -> str:
        """One intent, durable and not yet in the log."""
        made = an_intent(an_action(number), stamped=stamp(BOT, self.clock.now(), seed=str(number)))
        return self.recorder.append_or_adopt(made["predicate"]["entry"], made).entry_id

    def integrate(self, *entry_ids: str) -> Integration:
        """What the sequencer does with a batch of the stream."""
        self.sequencer_trust.settle(self.sequencer.renew)
        return self._announced(self.sequencer.integrate(entry_ids))

    def sweep(self) -> Integration:
        """What it does every minute."""
        return self.integrate()

    def logged(self, number: int) -> str:
        """One intent, in the log."""
        entry_id = self.append(number)
        assert self.integrate(entry_id).refused == {}
        return entry_id

    def promise(self, index: int) -> KeptPromise:
        """See Notary."""
        return attest({"index": index}, self.notary)

    def bundle(self, entry_id: str) -> bytes:
        """What `GET /v1/evidence/{id}/bundle` answers."""
        entry = self.entries.get_many([entry_id])[entry_id]
        found: Mapping[str, int] = self.index.find([(entry.stream, entry_id)])
        ports = Ports(
            self.entries,
            self.certificates,
            self.index,
            self.files,
            self.anchors,
            self.promises,
            self,
            MemoryFlags(),
            self.clock,
        )
        return bundle_of(entry, found.get(entry_id), ports)

    def _announced(self, done: Integration) -> Integration:
        announce(done.published, self.sequencer_trust, MemoryBus(), self.clock.now())
        return done


def new_key(kind: KeyKind, number: int) -> str:
    """A key in KMS, of the kind that the stacks declare."""
    if kind == "note":
        add_ed25519_key(f"alias/note-{number}")
        return f"alias/note-{number}"
    made = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    return str(made["KeyMetadata"]["KeyId"])
