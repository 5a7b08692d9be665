"""Examining the statements of one bundle of leaves: everything that can be said of a leaf by itself.

Nothing here depends on what other bundles hold, so that bundles can be examined in any order and in any
number of processes; what spans leaves is `crosscheck`'s.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from writ.contracts.statement import ACTION, APPROVAL, ERASURE, Phase
from writ.ledger import dsse
from writ.ledger.certificate import Signer, check_certificate
from writ.ledger.erasure import Erased, erased_by
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import check_signer, check_statement
from writ.ledger.findings import Finding
from writ.ledger.gist import Gist, read_gist
from writ.ledger.leaf import Leaf, compose_leaf, decode_leaf, verifier_of
from writ.ledger.logcopy import LogCopy
from writ.ledger.packed import decode_pack, pack_path
from writ.ledger.tiles import WIDTH, Tile
from writ.ledger.trust import TrustRoot

# Index, entry, stream, SHA-256 of the payload, that of the statement before, its entry, the phase of an
# action or its approval, verdict, and seconds since 1970.
Row = tuple[int, str, str, bytes, bytes | None, str | None, str | None, str | None, float]

_MAX_SIGNERS: Final = 4096


@dataclass(frozen=True, slots=True)
class Task:
    """A bundle's leaves; None for one that cannot be read."""

    bundle: Tile
    leaves: list[bytes | None]


@dataclass(frozen=True, slots=True)
class Marred:
    """A leaf without a good statement: which entry it is of, and what the leaf still says, if anything.

    `held` says whether the copy has an envelope for it, which is then a bad one.
    """

    index: int
    entry: str | None = None
    leaf: Leaf | None = None
    held: bool = False


@dataclass(slots=True)
class Examined:
    """What the leaves of a bundle came to.

    `absent` are leaves whose envelope is not in the copy's pack; `used` are the certificates that good
    statements were signed with, by fingerprint, each with its first leaf and how many it signed.
    """

    width: int
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    marred: list[Marred] = field(default_factory=list)
    absent: list[tuple[int, Leaf]] = field(default_factory=list)
    used: dict[str, tuple[int, int]] = field(default_factory=dict)
    erased: list[tuple[Erased, int]] = field(default_factory=list)

    def mar(self, error: VerificationError, marred: Marred) -> None:
        """Put down a leaf whose statement is no good, and why."""
        self.findings.append(Finding(error.code, error.message, marred.index, marred.entry))
        self.marred.append(marred)


@dataclass(frozen=True, slots=True)
class _Known:
    signer: Signer
    fingerprint: str


class Examiner:
    """Examines bundles against one trust root; certificates that passed are remembered.

    Without `signatures` everything is checked but that each statement's own signature verifies.
    """

    def __init__(self, copy: LogCopy, trust: TrustRoot, *, signatures: bool = True) -> None:
        self._copy = copy
        self._trust = trust
        self._signatures = signatures
        self._known: dict[bytes, _Known] = {}

    def __call__(self, task: Task) -> Examined:
        done = Examined(len(task.leaves))
        first = task.bundle.index * WIDTH
        for index, (data, encoded) in enumerate(
            zip(task.leaves, self._envelopes(task.bundle, done), strict=True), first
        ):
            if data is None:
                done.marred.append(Marred(index))
            else:
                self._examine(index, data, encoded, done)
        return done

    def examine_named(
        self, index: int, leaf: Leaf, entry: str, read: Callable[[str], bytes], done: Examined
    ) -> None:
        """Examine a statement that the copy holds under the name of an entry, and that `read` returns."""
        try:
            gist = self._diagnosed(leaf, read(entry))
            if gist.predicate.entry != entry:
                raise VerificationError(
                    f"the statement belongs to entry {gist.predicate.entry}", code="ledger.statement"
                )
            known = self._known[verifier_of(leaf.certificate_pem)]
            self._note(index, gist, bytes.fromhex(leaf.payload_sha256), known, done)
        except VerificationError as error:
            done.mar(error, Marred(index, entry, leaf, held=True))

    def signer(self, pem: bytes) -> Signer:
        """Who a certificate is of, checked once; raises what `check_certificate` raises."""
        verifier = verifier_of(pem)
        known = self._known.get(verifier)
        if known is None:
            known = _Known(check_certificate(pem, self._trust), fingerprint_of(pem))
            if len(self._known) >= _MAX_SIGNERS:
                self._known.clear()
            self._known[verifier] = known
        return known.signer

    def _envelopes(self, bundle: Tile, done: Examined) -> list[bytes | None]:
        nothing: list[bytes | None] = [None] * bundle.width
        try:
            pack = self._copy.pack(bundle)
            return nothing if pack is None else decode_pack(pack, bundle.width)
        except VerificationError as error:
            message = f"{pack_path(bundle)}: {error.message}"
            done.findings.append(Finding("pack.malformed", message, bundle.index * WIDTH))
            return nothing

    def _examine(self, index: int, data: bytes, encoded: bytes | None, done: Examined) -> None:
        leaf: Leaf | None = None
        try:
            if encoded is not None and self._is_good(index, data, encoded, done):
                return
            leaf = decode_leaf(data)
            if encoded is None:
                done.absent.append((index, leaf))
                return
            if leaf.envelope_sha256 != sha256(encoded).hexdigest():
                raise VerificationError(
                    "the stored statement is not the one that was logged", code="statement.altered"
                )
            gist = self._diagnosed(leaf, encoded)
            known = self._known[verifier_of(leaf.certificate_pem)]
            self._note(index, gist, bytes.fromhex(leaf.payload_sha256), known, done)
        except VerificationError as error:
            entry = None if encoded is None else _claimed(encoded)
            done.mar(error, Marred(index, entry, leaf, held=encoded is not None))

    def _is_good(self, index: int, data: bytes, encoded: bytes, done: Examined) -> bool:
        """Whether all is well; noted then. The way nearly every statement goes, without taking a leaf apart.

        A leaf that is the one made of this envelope and a certificate that passed has every form and digest
        right. For anything else it is left to `_diagnosed` to say what is wrong.
        """
        verifier = data[data.rfind(b'"', 0, -5) + 1 : -5]
        known = self._known.get(verifier)
        if known is None:
            return False
        try:
            payload, signature, spelt = dsse.split(encoded)
            digest = sha256(payload)
            if compose_leaf(sha256(encoded).hexdigest(), digest.hexdigest(), spelt, verifier) != data:
                return False
            if self._signatures:
                dsse.verify_parts(payload, signature, known.signer.key)
            gist = read_gist(payload)
            check_signer(gist, known.signer, self._trust)
            self._note(index, gist, digest.digest(), known, done)
        except VerificationError:
            return False
        return True

    def _diagnosed(self, leaf: Leaf, encoded: bytes) -> Gist:
        """The statement of a leaf and its envelope; raises VerificationError for whatever is wrong."""
        check_statement(encoded, leaf, self._trust, self.signer, signatures=self._signatures)
        return read_gist(dsse.decode(encoded).payload)

    def _note(self, index: int, gist: Gist, payload: bytes, known: _Known, done: Examined) -> None:
        """Put down a good statement. Raises VerificationError for an erasure whose list is malformed."""
        if gist.predicate_type == ERASURE:
            done.erased += [(item, index) for item in erased_by(gist.predicate.erased, index)]
        done.rows.append(row_of(index, gist, payload))
        first, count = done.used.get(known.fingerprint, (index, 0))
        done.used[known.fingerprint] = (first, count + 1)


def row_of(index: int, gist: Gist, payload: bytes) -> Row:
    """What cross-checking needs of a statement whose payload has this SHA-256."""
    predicate = gist.predicate
    prev, phase, decision = predicate.prev, predicate.phase, predicate.decision
    known = phase is not None and gist.predicate_type == (APPROVAL if phase is Phase.APPROVAL else ACTION)
    return (
        index,
        predicate.entry,
        predicate.stream,
        payload,
        None if prev is None else bytes.fromhex(prev.sha256),
        None if prev is None else prev.entry,
        f"{phase}" if known else None,
        None if decision is None else f"{decision.verdict}",
        predicate.time.timestamp(),
    )


def fingerprint_of(pem: bytes) -> str:
    """SHA-256 of the DER form of a certificate in canonical PEM, in hex."""
    return sha256(b64decode(b"".join(pem.split(b"\n")[1:-2]))).hexdigest()


def _claimed(encoded: bytes) -> str | None:
    """The entry that an envelope says it is of, where it still says one."""
    try:
        return read_gist(dsse.decode(encoded).payload).predicate.entry
    except VerificationError:
        return None
