"""Putting together what proves an entry under one head of the log; what does not verify is not handed out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from writ.ledger import dsse
from writ.ledger.bundle import Bundle, InclusionProof
from writ.ledger.certificate import check_certificate
from writ.ledger.checkpoint import key_id
from writ.ledger.evidence import check_statement, read_statement
from writ.ledger.leaf import decode_leaf
from writ.ledger.log import Log
from writ.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from writ.ledger.pack import Earlier, Item, Kind, erased_item
from writ.ledger.proof import Proof
from writ.ledger.trust import TrustRoot
from writ.ledger.verify_bundle import IdentityPolicy, verify_bundle
from writ.ports.ledger import KeptPromise


def bundle_of(log: Log, trust: TrustRoot, index: int, envelope: bytes, promise: KeptPromise) -> bytes:
    """The bundle of an entry under the log's head, which has passed our own verification.

    Raises
    ------
    VerificationError
        What is stored does not prove the entry.
    """
    leaf, head, opened = log.leaf(index), log.head, dsse.decode(envelope)
    certificate = x509.load_pem_x509_certificate(decode_leaf(leaf).certificate_pem)
    path = tuple(log.inclusion(index, head.size))
    data = Bundle(
        envelope=opened,
        certificate=certificate.public_bytes(Encoding.DER),
        leaf=leaf,
        log_id=key_id(trust.log_key),
        index=index,
        integrated_at=promise.integrated_at,
        promise=promise.signature,
        proof=InclusionProof(index, head.size, head.checkpoint.root, path, head.note),
    ).encode()
    verify_bundle(data, trust, IdentityPolicy(read_statement(opened.payload).predicate.actor.bot))
    return data


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of the log: its leaf index, its id, and what is kept of it.

    `envelope` is None where it cannot be read any more, for it was erased; one that reads and is not what was
    logged is not erased but wrong. `promise` is None where the log made none.
    """

    index: int
    entry: str
    envelope: bytes | None
    promise: KeptPromise | None = None


def item_of(log: Log, trust: TrustRoot, logged: Logged) -> Item:
    """An entry as a pack holds it, under the log's head.

    Raises
    ------
    VerificationError
        What is stored does not prove the entry.
    """
    index, entry, envelope = logged.index, logged.entry, logged.envelope
    if envelope is not None and logged.promise is not None:
        data = bundle_of(log, trust, index, envelope, logged.promise)
        return Item(index, entry, Kind.BUNDLE, read_statement(dsse.decode(envelope).payload), data)
    leaf, head = log.leaf(index), log.head
    path = tuple(log.inclusion(index, head.size))
    verify_inclusion(leaf_hash(leaf), index, head.size, proof=path, root=head.checkpoint.root)
    if envelope is None:
        return erased_item(index, entry, Proof(index, leaf, path, None))
    statement = check_statement(envelope, decode_leaf(leaf), trust, lambda pem: check_certificate(pem, trust))
    proof = Proof(index, leaf, path, dsse.decode(envelope))
    return Item(index, entry, Kind.PROOF, statement, proof.encode())


def earlier_of(log: Log, trust: TrustRoot, note: bytes) -> Earlier:
    """An earlier checkpoint with the proof that its tree begins the head's.

    Raises
    ------
    VerificationError
        The log did not sign it, or it is not of the same log.
    """
    checkpoint, head = trust.open_earlier(note), log.head
    hashes = tuple(log.consistency(checkpoint.size, head.size))
    verify_consistency(
        checkpoint.size,
        head.size,
        proof=hashes,
        first_root=checkpoint.root,
        second_root=head.checkpoint.root,
    )
    return Earlier(note, checkpoint, hashes)


def covering(indexes: Iterable[int], sizes: Sequence[int]) -> list[int]:
    """Of sizes of earlier trees, for each leaf the first that has it; in rising order."""
    rest = iter(sorted(set(sizes)))
    size = next(rest, None)
    found: list[int] = []
    for index in sorted(indexes):
        while size is not None and size <= index:
            size = next(rest, None)
        if size is None:
            break
        if not found or found[-1] != size:
            found.append(size)
    return found
