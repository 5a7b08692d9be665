"""Checking one statement: envelope, signature, signer, time, and that it says who and where it is."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from pydantic import ValidationError

from writ.contracts.errors import from_validation
from writ.contracts.statement import Statement
from writ.ledger import dsse
from writ.ledger.authorship import check_author
from writ.ledger.canonical import is_canonical
from writ.ledger.certificate import Signer, check_certificate
from writ.ledger.errors import VerificationError
from writ.ledger.leaf import Leaf
from writ.ledger.trust import TrustRoot

_MAX_SIGNERS = 4096


class EvidenceChecker:
    """Checks statements against one trust root; certificates that passed are remembered."""

    def __init__(self, trust: TrustRoot) -> None:
        self._trust = trust
        self._signers: dict[bytes, Signer] = {}

    def check(self, entry_id: str, encoded: bytes, leaf: Leaf) -> Statement:
        """The statement in `encoded`, once every claim made about it holds.

        Raises
        ------
        VerificationError
            `ledger.envelope`, `ledger.signature`, `ledger.certificate`, `ledger.statement`,
            `ledger.author`, or `ledger.leaf` when the leaf is of another envelope.
        """
        statement = check_statement(encoded, leaf, self._trust, self._signer)
        if statement.predicate.entry != entry_id:
            raise VerificationError(
                f"the statement belongs to entry {statement.predicate.entry}",
                code="ledger.statement",
                field="predicate.entry",
            )
        return statement

    def _signer(self, pem: bytes) -> Signer:
        signer = self._signers.get(pem)
        if signer is None:
            signer = check_certificate(pem, self._trust)
            if len(self._signers) >= _MAX_SIGNERS:
                self._signers.clear()
            self._signers[pem] = signer
        return signer


def check_statement(
    encoded: bytes,
    leaf: Leaf,
    trust: TrustRoot,
    signer_of: Callable[[bytes], Signer],
    *,
    signatures: bool = True,
) -> Statement:
    """The statement in an envelope, once leaf, signature, signer and time go with it.

    `signer_of` returns the signer that a PEM certificate names, or raises. For what is raised see
    `EvidenceChecker.check`; only which entry the statement belongs to is left to the caller, and without
    `signatures` whether the signature verifies.
    """
    envelope = dsse.decode(encoded)
    if leaf.envelope_sha256 != sha256(encoded).hexdigest() or not leaf.matches(envelope):
        raise VerificationError("the leaf is of another envelope", code="ledger.leaf")
    signer = signer_of(leaf.certificate_pem)
    if signatures:
        dsse.verify(envelope, signer.key)
    statement = read_statement(envelope.payload)
    check_signer(statement, signer, trust)
    return statement


def check_signer(statement: Statement, signer: Signer, trust: TrustRoot) -> None:
    """Whether the certificate was valid at the statement's time, and names its bot, which may state it.

    Raises
    ------
    VerificationError
        `ledger.certificate`, `ledger.statement` or `ledger.author`.
    """
    predicate = statement.predicate
    signer.check_time(predicate.time)
    if signer.identity != trust.identity_base + predicate.actor.bot:
        raise VerificationError(
            "the statement names another bot than its certificate",
            code="ledger.statement",
            field="predicate.actor.bot",
        )
    check_author(statement)


def read_statement(payload: bytes) -> Statement:
    """Read a payload that claims to be one of our statements.

    Raises
    ------
    VerificationError
        `ledger.statement`: it is not, with the field at fault; or it is not in RFC 8785 form, and so could
        be read in two ways, as with a name given twice.
    """
    try:
        statement = Statement.model_validate_json(payload)
    except ValidationError as error:
        problem = from_validation(error, "statement")
        raise VerificationError(problem.message, code="ledger.statement", field=problem.field) from None
    if not is_canonical(payload):
        raise VerificationError("the statement is not in canonical form", code="ledger.statement")
    return statement
