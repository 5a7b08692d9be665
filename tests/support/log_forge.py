"""Makes signed statements, logs and log copies for tests, with keys of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from writ.contracts import statement as statements
from writ.contracts.action import Action, Decision, Outcome, Status, Target, Verdict
from writ.ledger.bundle import Bundle, InclusionProof
from writ.ledger.checkpoint import Checkpoint, key_id, sign_checkpoint
from writ.ledger.dsse import ECDSA
from writ.ledger.leaf import decode_leaf
from writ.ledger.merkle import inclusion_proof, leaf_hash, root_of
from writ.ledger.promise import Promised, sign_promise
from writ.ledger.session import Session, Signed, new_session_key
from writ.ledger.tiles import ENTRIES, Edge, grow
from writ.ledger.trust import TrustRoot
from writ.ledger.x509 import CertificateIssuer, create_root

ORIGIN = "log.writ.example"
ISSUER = "https://writ.example/authority"
BOTS = "https://writ.example/bots/"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class Entry:
    """A statement as logged: its id, its signed form and its leaf."""

    id: str
    signed: Signed
    leaf: bytes

    @property
    def link(self) -> statements.Link:
        return statements.Link(entry=self.id, sha256=self.signed.payload_sha256)


@dataclass
class Forge:
    """One private Sigstore with a log, all keys in memory."""

    log_key: ec.EllipticCurvePrivateKey = field(default_factory=new_session_key)
    ca_key: ec.EllipticCurvePrivateKey = field(default_factory=new_session_key)
    ct_key: ec.EllipticCurvePrivateKey = field(default_factory=new_session_key)

    def __post_init__(self) -> None:
        self.root: x509.Certificate = create_root(self.ca_key, "Writ root", NOW - timedelta(days=1))
        self.issuer = CertificateIssuer(self.root, self.ca_key, self.ct_key, ISSUER)

    @property
    def trust(self) -> TrustRoot:
        return TrustRoot(
            ORIGIN, self.log_key.public_key(), self.ct_key.public_key(), (self.root,), BOTS, ISSUER
        )

    def session(self, bot: str = "backlog", now: datetime = NOW) -> Session:
        key = new_session_key()
        return Session(key, self.issuer.issue(key.public_key(), BOTS + bot, now))

    def note(self, size: int, root: bytes) -> bytes:
        return sign_checkpoint(
            Checkpoint(ORIGIN, size, root),
            self.log_key.public_key(),
            lambda text: self.log_key.sign(text, ECDSA),
        )

    def entry(self, session: Session, statement: dict[str, Any]) -> Entry:
        signed = session.sign(statement)
        return Entry(statement["predicate"]["entry"], signed, session.leaf(signed))

    def actions(self, count: int, session: Session | None = None) -> list[Entry]:
        """Intent and outcome of `count` actions, in log order."""
        signer = session or self.session()
        entries = []
        for number in range(count):
            action = an_action(number)
            intent = self.entry(signer, an_intent(action))
            entries += [intent, self.entry(signer, an_outcome(action, intent.link))]
        return entries

    def promise(self, leaf: bytes, index: int, integrated_at: datetime) -> bytes:
        return sign_promise(
            Promised(leaf, index, integrated_at),
            self.log_key.public_key(),
            lambda text: self.log_key.sign(text, ECDSA),
        )

    def bundle(
        self, entries: Sequence[Entry], index: int, integrated_at: datetime = NOW + timedelta(seconds=2)
    ) -> Bundle:
        """The bundle of one of the entries of a log that has these and no others."""
        hashes = [leaf_hash(entry.leaf) for entry in entries]
        root, entry = root_of(hashes), entries[index]

        def node(level: int, number: int) -> bytes:
            return root_of(hashes[number << level : (number + 1) << level])

        certificate = x509.load_pem_x509_certificate(decode_leaf(entry.leaf).certificate_pem)
        return Bundle(
            envelope=entry.signed.envelope,
            certificate=certificate.public_bytes(Encoding.DER),
            leaf=entry.leaf,
            log_id=key_id(self.log_key.public_key()),
            index=index,
            integrated_at=integrated_at,
            promise=self.promise(entry.leaf, index, integrated_at),
            proof=InclusionProof(
                index,
                len(entries),
                root,
                tuple(inclusion_proof(node, index, len(entries))),
                self.note(len(entries), root),
            ),
        )

    def write_copy(self, folder: Path, entries: list[Entry]) -> Path:
        """Write a log copy of these entries."""
        growth = grow(Edge(), [entry.leaf for entry in entries])
        for tile, data in growth.files.items():
            put(folder / tile.path, data)
        for entry in entries:
            put(folder / "statements" / f"{entry.id}.json", entry.signed.encoded)
        put(folder / "checkpoint", self.note(growth.edge.size, growth.edge.root()))
        put(folder / "trust-root.json", self.trust.encode())
        assert all(tile.level >= ENTRIES for tile in growth.files)
        return folder


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def stamp(bot: str = "backlog", time: datetime = NOW, seed: str = "") -> statements.Stamp:
    actor = statements.Actor(bot=bot, version="1.0.0", code="c" * 64)
    return statements.Stamp(actor, time, sha256(seed.encode()).hexdigest())


def an_action(number: int = 0, bot: str = "backlog") -> Action:
    return Action.of(
        bot,
        "strengthen-candidate",
        Target(kind="task", id=f"task-{number}"),
        reason="the check failed again",
        once_per=(f"event-{number}",),
        parameters={"check": "build", "run": number},
    )


def a_decision(verdict: Verdict = Verdict.ALLOW) -> Decision:
    return Decision(verdict=verdict, bundle_digest="b" * 64, decided_at=NOW)


def an_intent(
    action: Action, verdict: Verdict = Verdict.ALLOW, stamped: statements.Stamp | None = None
) -> dict[str, Any]:
    cause = statements.Cause(id="event-1", type="CheckFailed.v1")
    return statements.intent(action, a_decision(verdict), cause, stamped or stamp(action.bot, seed=action.id))


def an_outcome(
    action: Action, previous: statements.Link, stamped: statements.Stamp | None = None
) -> dict[str, Any]:
    result = Outcome(status=Status.SUCCEEDED, observed={"count": 1})
    return statements.outcome(action, result, previous, stamped or stamp(action.bot, seed=action.id + "o"))


def load_vectors(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """JSON test vectors under a folder, with a short name each."""
    return [
        (str(path.relative_to(folder)), json.loads(path.read_bytes()))
        for path in sorted(folder.rglob("*.json"))
    ]
