"""Verification of an evidence pack, offline and strict: all of it is checked, and made anew to compare.

Whatever a pack says beside its proofs (manifest, page) follows from them, so a pack that is not byte for
byte what its own proofs make is none of ours.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from pydantic import ValidationError

from writ.contracts.errors import ContractError, WritError, from_validation
from writ.contracts.statement import Statement
from writ.ledger import archive
from writ.ledger.bundle import Bundle
from writ.ledger.certificate import Signer, check_certificate
from writ.ledger.checkpoint import Checkpoint, open_checkpoint
from writ.ledger.erasure import Erased
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import check_statement
from writ.ledger.leaf import decode_leaf
from writ.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from writ.ledger.pack import (
    CHECKPOINT,
    MANIFEST,
    TRUST,
    VERIFIER,
    Earlier,
    Item,
    Kind,
    Pack,
    file_of,
)
from writ.ledger.pack_manifest import EarlierHead, Manifest, Row
from writ.ledger.pack_release import is_released
from writ.ledger.proof import Proof, decode_consistency
from writ.ledger.question import Question
from writ.ledger.trust import TrustRoot
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify_bundle import IdentityPolicy, Quorum, verify_bundle

EXPORTER: Final = "packs"
_CODE: Final = "ledger.pack"


@dataclass(frozen=True, slots=True)
class VerifiedPack:
    """What a pack proves: these statements, at these leaves of the log, and no rewriting in between.

    `erasures` are statements that nobody asked for, and that say why those in `items` are gone.
    `own_trust` says that nobody gave a trust root: then the pack has only been found to agree with itself.
    """

    question: Question
    origin: str
    head: Checkpoint
    items: Sequence[Item]
    earlier: Sequence[Checkpoint]
    erasures: Sequence[Item]
    own_trust: bool


def verify_pack(data: bytes, trust: TrustRoot | None = None, witnesses: Quorum | None = None) -> VerifiedPack:
    """Verify a pack's bytes against a trust root, or against the pack's own.

    `witnesses` is who must have seen the newest checkpoint in it.

    Raises
    ------
    VerificationError
        And nothing else, whatever the bytes; the field is the file at fault. By code: `ledger.archive` (not
        the one form of an archive), `ledger.pack` (not what its proofs make), `ledger.erasure` (called
        erased, and no erasure in the pack names it), `ledger.trust_root`, and all that `verify_bundle`
        raises.
    """
    members = archive.decode(data)
    verified = _Verification(members, trust).run(data)
    if witnesses is not None:
        with _naming(CHECKPOINT):
            witnesses.check(members[CHECKPOINT], verified.head)
    return verified


def verify_receipt(data: bytes, pack: VerifiedPack, receipt: bytes, trust: TrustRoot) -> str:
    """That the bot who exports packs has stated, in the log, that it made this pack for this question.

    It closes what a pack alone leaves open: that the question is the one that was asked, and that the
    bot found no more.

    Parameters
    ----------
    data, pack
        A pack's bytes, and what they proved.
    receipt
        The bundle of the outcome of the action that sealed it.

    Returns
    -------
    str
        Who asked.

    Raises
    ------
    VerificationError
        `ledger.receipt`: of another pack, with the field at fault. And all that `verify_bundle` raises.
    """
    statement = verify_bundle(receipt, trust, IdentityPolicy(EXPORTER)).statement
    outcome = statement.predicate.outcome
    observed = {} if outcome is None else outcome.observed
    expected = {
        "sha256": sha256(data).hexdigest(),
        "bytes": len(data),
        "statements": len(pack.items),
        "question": pack.question.document(),
    }
    for field, value in expected.items():
        if observed.get(field) != value:
            raise VerificationError("the receipt is of another pack", code="ledger.receipt", field=field)
    return str(observed.get("by"))


class _Verification:
    def __init__(self, members: Mapping[str, bytes], trust: TrustRoot | None) -> None:
        self._members = members
        self._own = read_trust(self._file(TRUST))
        self._trust = trust or self._own
        self._given = trust is not None
        self._signers: dict[bytes, Signer] = {}
        if self._own.origin != self._trust.origin:
            raise VerificationError("the pack is of another log", code="ledger.log", field=TRUST)

    def run(self, data: bytes) -> VerifiedPack:
        manifest = self._manifest()
        question = self._question(manifest)
        note = self._file(CHECKPOINT)
        head = self._head(note, manifest)
        earlier = [self._earlier(row, head) for row in manifest.checkpoints]
        items = [self._item(row, head, note) for row in manifest.entries]
        erasures = [self._item(row, head, note) for row in manifest.erasures]
        for item in items:
            _check_asked(item, question)
        _check_erasures(items, erasures, question)
        verifier = self._file(VERIFIER)
        if not is_released(verifier):
            raise VerificationError("verify.py is none that Writ ever made", code=_CODE, field=VERIFIER)
        pack = Pack(question, self._own, note, head, items, earlier, erasures)
        self._compare(pack, verifier, data)
        checkpoints = [item.checkpoint for item in earlier]
        own = not self._given
        return VerifiedPack(question, head.origin, head, items, checkpoints, erasures, own)

    def _file(self, name: str) -> bytes:
        data = self._members.get(name)
        if data is None:
            raise VerificationError("the pack lacks a file", code=_CODE, field=ascii(name)[1:-1])
        return data

    def _manifest(self) -> Manifest:
        try:
            return Manifest.model_validate_json(self._file(MANIFEST))
        except ValidationError as error:
            problem = from_validation(error, MANIFEST)
            raise VerificationError(problem.message, code=_CODE, field=problem.field) from None

    def _question(self, manifest: Manifest) -> Question:
        try:
            return Question.read(manifest.question)
        except ContractError as error:
            raise VerificationError(error.message, code=_CODE, field=f"question.{error.field}") from None

    def _head(self, note: bytes, manifest: Manifest) -> Checkpoint:
        """What no promise dates could have been logged after a key was retired, by whoever had it then."""
        trust = self._trust
        if all(row.kind == "bundle" for row in manifest.entries):
            return trust.open_earlier(note)
        return open_checkpoint(note, trust.origin, trust.log_key, trust.note_key)

    def _earlier(self, row: EarlierHead, head: Checkpoint) -> Earlier:
        note = self._file(row.note)
        with _naming(row.note):
            checkpoint = self._trust.open_earlier(note)
        first, second, hashes = decode_consistency(self._file(row.proof))
        if (first, second) != (checkpoint.size, head.size) or first >= second:
            raise VerificationError("a proof of other sizes", code="ledger.proof", field=row.proof)
        with _naming(row.proof):
            verify_consistency(first, second, proof=hashes, first_root=checkpoint.root, second_root=head.root)
        return Earlier(note, checkpoint, hashes)

    def _item(self, row: Row, head: Checkpoint, note: bytes) -> Item:
        kind = Kind(row.kind)
        name = file_of(kind, row.index)
        data = self._file(name)
        with _naming(name):
            if kind is Kind.BUNDLE:
                statement: Statement | None = self._bundle(data, row, note)
            else:
                statement = self._proof(data, row, head)
            if (statement is None) is not (kind is Kind.ERASED):
                raise VerificationError("another kind of proof than the manifest says", code=_CODE)
            if statement is not None and statement.predicate.entry != row.entry:
                raise VerificationError("the statement of another entry", code="ledger.statement")
        return Item(row.index, row.entry, kind, statement, data)

    def _bundle(self, data: bytes, row: Row, note: bytes) -> Statement:
        bundle = Bundle.decode(data)
        if bundle.encode() != data or bundle.index != row.index or bundle.proof.checkpoint != note:
            raise VerificationError("not a bundle of this leaf under the pack's checkpoint", code=_CODE)
        return verify_bundle(data, self._trust, IdentityPolicy(row.bot)).statement

    def _proof(self, data: bytes, row: Row, head: Checkpoint) -> Statement | None:
        proof = Proof.decode(data)
        if proof.index != row.index:
            raise VerificationError("the proof of another leaf", code="ledger.proof")
        hashed, leaf = leaf_hash(proof.leaf), decode_leaf(proof.leaf)
        verify_inclusion(hashed, proof.index, head.size, proof=proof.hashes, root=head.root)
        if proof.envelope is None:
            return None
        return check_statement(proof.envelope.encode(), leaf, self._trust, self._signer)

    def _signer(self, pem: bytes) -> Signer:
        signer = self._signers.get(pem)
        if signer is None:
            signer = self._signers[pem] = check_certificate(pem, self._trust)
        return signer

    def _compare(self, pack: Pack, verifier: bytes, data: bytes) -> None:
        try:
            made = pack.encode(verifier)
        except WritError as error:
            raise VerificationError(error.message, code=_CODE, field=error.field) from None
        if made == data:
            return
        expected = archive.decode(made)
        names = sorted({*expected, *self._members})
        differing = next(name for name in names if expected.get(name) != self._members.get(name))
        raise VerificationError("not what the pack's own proofs make", code=_CODE, field=differing)


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Names the file at fault in what verification raises."""
    try:
        yield
    except VerificationError as error:
        place = file if error.field is None else f"{file}: {error.field}"
        raise VerificationError(error.message, code=error.code, field=place) from None


def _check_asked(item: Item, question: Question) -> None:
    """That a statement is one that was asked for; of an erased one nobody can tell."""
    if item.statement is None:
        return
    if not _answers(item.statement, question):
        raise VerificationError("the statement was not asked for", code=_CODE, field=item.file)


def _check_erasures(items: Sequence[Item], erasures: Sequence[Item], question: Question) -> None:
    """That an erasure in the pack names each erased entry, and that there is none but for that."""
    said: dict[str, frozenset[Erased]] = {}
    for item in (*items, *erasures):
        with _naming(item.file):
            said[item.file] = item.erases()
    stated = frozenset[Erased]().union(*said.values())
    gone = {item.file: erased for item in items if (erased := item.gone()) is not None}
    for file, erased in gone.items():
        if erased not in stated:
            raise VerificationError("no erasure in the pack names it", code="ledger.erasure", field=file)
    for item in erasures:
        if item.statement is None or _answers(item.statement, question):
            raise VerificationError("the erasure is one of the entries", code=_CODE, field=item.file)
        if said[item.file].isdisjoint(gone.values()):
            raise VerificationError("nothing in the pack was erased by it", code=_CODE, field=item.file)


def _answers(statement: Statement, question: Question) -> bool:
    subjects = [subject.digest.sha256 for subject in statement.subject]
    return question.matches(subjects, statement.predicate.time)
