"""Verification of one bundle, offline, against a trust root and a policy of who may have signed it.

Stricter than stock clients: nothing in a bundle may say one thing here and another there, keys count only
while the trust root says so, and the identity is compared whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from writ.contracts.statement import Statement
from writ.ledger.bundle import Bundle
from writ.ledger.certificate import Signer, check_certificate
from writ.ledger.checkpoint import Checkpoint, open_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import check_statement
from writ.ledger.leaf import decode_leaf
from writ.ledger.merkle import leaf_hash, verify_inclusion
from writ.ledger.promise import Promised, verify_promise
from writ.ledger.trust import TrustRoot
from writ.ledger.x509 import BACKDATED

_IDENTITY: Final = "ledger.identity"


class Quorum(Protocol):
    """Which witnesses must have seen a checkpoint."""

    def check(self, note: bytes, checkpoint: Checkpoint) -> None:
        """Raise VerificationError unless enough of them cosigned this note of the checkpoint."""


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """What a bundle must be, beside genuine.

    `bot` is who must have signed; `issuer` who must have vouched for that; `not_before` the earliest
    integration; `witnesses` who must have seen the checkpoint.
    """

    bot: str
    issuer: str | None = None
    not_before: datetime | None = None
    witnesses: Quorum | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What a bundle proves: this statement, by this identity, is this leaf of the log since this time."""

    statement: Statement
    identity: str
    index: int
    integrated_at: datetime
    checkpoint: Checkpoint


def verify_bundle(data: bytes, trust: TrustRoot, policy: IdentityPolicy) -> Verified:
    """Verify a bundle's bytes.

    Raises
    ------
    VerificationError
        And nothing else, whatever the bytes. By code: `ledger.bundle` (malformed), `ledger.log` (the log's
        key is unknown or does not count at that time), `ledger.checkpoint`, `ledger.proof`,
        `ledger.promise`, `ledger.leaf` (of another envelope or certificate), `ledger.certificate`,
        `ledger.time`, `ledger.signature`, `ledger.statement`, `ledger.identity` (genuine, but another's).
    """
    bundle = Bundle.decode(data)
    checkpoint = _check_log(bundle, trust)
    statement, signer = _check_signer(bundle, trust)
    _check_times(bundle, statement, signer)
    _check_policy(bundle, checkpoint, signer, trust, policy)
    return Verified(statement, signer.identity, bundle.index, bundle.integrated_at, checkpoint)


def _check_log(bundle: Bundle, trust: TrustRoot) -> Checkpoint:
    """That the log signed a tree with this leaf at this index, and when it came there."""
    key = trust.log_key_at(bundle.log_id, bundle.integrated_at)
    proof = bundle.proof
    checkpoint = open_checkpoint(proof.checkpoint, trust.origin, key, trust.note_key)
    for field, claimed, signed in (
        ("treeSize", proof.size, checkpoint.size),
        ("rootHash", proof.root, checkpoint.root),
        ("logIndex", bundle.index, proof.index),
    ):
        if claimed != signed:
            raise VerificationError(
                f"{field} is said in two ways", code="ledger.proof", field=f"inclusionProof.{field}"
            )
    try:
        verify_inclusion(
            leaf_hash(bundle.leaf), proof.index, proof.size, proof=proof.hashes, root=checkpoint.root
        )
    except VerificationError as error:
        raise VerificationError(error.message, code="ledger.proof", field="inclusionProof.hashes") from None
    verify_promise(Promised(bundle.leaf, bundle.index, bundle.integrated_at), bundle.promise, key)
    return checkpoint


def _check_signer(bundle: Bundle, trust: TrustRoot) -> tuple[Statement, Signer]:
    leaf = decode_leaf(bundle.leaf)
    if leaf.certificate_pem != _pem(bundle.certificate):
        raise VerificationError("the leaf is of another certificate", code="ledger.leaf")
    signer = check_certificate(leaf.certificate_pem, trust, bundle.integrated_at)
    statement = check_statement(bundle.envelope.encode(), leaf, trust, lambda _pem: signer)
    return statement, signer


def _pem(der: bytes) -> bytes:
    try:
        return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
    # Only a warning so far, and an error wherever warnings are: a serial number that is not positive.
    except (ValueError, x509.InvalidVersion, CryptographyDeprecationWarning):
        raise VerificationError("not a certificate", code="ledger.certificate") from None


def _check_times(bundle: Bundle, statement: Statement, signer: Signer) -> None:
    if not signer.not_before <= bundle.integrated_at <= signer.not_after:
        raise VerificationError(
            "the entry was not integrated while its certificate was valid",
            code="ledger.time",
            field="integratedTime",
        )
    if statement.predicate.time > bundle.integrated_at + BACKDATED:
        raise VerificationError(
            "the statement is dated after it was integrated", code="ledger.time", field="predicate.time"
        )


def _check_policy(
    bundle: Bundle, checkpoint: Checkpoint, signer: Signer, trust: TrustRoot, policy: IdentityPolicy
) -> None:
    if signer.identity != trust.identity_base + policy.bot:
        raise VerificationError(
            f"signed by {signer.identity}, not by {policy.bot!a}", code=_IDENTITY, field="bot"
        )
    if policy.issuer is not None and policy.issuer != trust.issuer:
        raise VerificationError(f"vouched for by {trust.issuer}", code=_IDENTITY, field="issuer")
    if policy.not_before is not None and bundle.integrated_at < policy.not_before:
        raise VerificationError(
            f"integrated at {bundle.integrated_at.isoformat()}, before what is asked for",
            code="ledger.time",
            field="not_before",
        )
    if policy.witnesses is not None:
        policy.witnesses.check(bundle.proof.checkpoint, checkpoint)
