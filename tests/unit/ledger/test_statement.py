"""Statements: what they carry, and the exact bytes they become."""

from __future__ import annotations

from hashlib import sha256

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.log_forge import NOW, Forge, a_decision, an_action, an_intent, an_outcome, stamp
from writ.contracts import statement as statements
from writ.contracts.action import Approval
from writ.contracts.errors import ContractError
from writ.ledger import dsse
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import read_statement
from writ.ledger.leaf import decode_leaf
from writ.ledger.session import Session


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


@pytest.fixture(scope="module")
def session(forge: Forge) -> Session:
    return forge.session()


def test_intent_says_who_does_what_and_why_it_may() -> None:
    action = an_action(7)
    statement = an_intent(action)
    predicate = statement["predicate"]
    assert statement["predicateType"] == "https://writ.example/action/v1"
    assert statement["subject"] == [
        {"name": "task:task-7", "digest": {"sha256": action.target.subject_digest()}}
    ]
    assert predicate["entry"] == f"{action.id}.intent"
    assert predicate["stream"] == action.id
    assert predicate["prev"] is None
    assert predicate["time"] == "2026-03-01T12:00:00.000Z"
    assert predicate["action"]["effect_key"] == action.effect_key
    assert predicate["decision"]["bundle_digest"] == "b" * 64


def test_stream_links_each_statement_to_the_one_before(session: Session) -> None:
    action = an_action()
    intent = session.sign(an_intent(action))
    link = statements.Link(entry=f"{action.id}.intent", sha256=intent.payload_sha256)
    answer = Approval(approved=True, by="operator", at=NOW, reason="looks right")
    approval = statements.approval(action, answer, link, stamp())
    assert approval["predicateType"] == "https://writ.example/approval/v1"
    assert approval["predicate"]["prev"]["sha256"] == sha256(intent.envelope.payload).hexdigest()


def test_what_is_built_reads_back() -> None:
    action = an_action()
    link = statements.Link(entry=f"{action.id}.intent", sha256="a" * 64)
    for document in (an_intent(action), an_outcome(action, link)):
        statement = read_statement(rfc8785.dumps(document))
        assert statement.predicate.entry == document["predicate"]["entry"]
        assert statement.predicate.time == NOW
    assert read_statement(rfc8785.dumps(an_intent(action))).predicate.decision == a_decision()


@pytest.mark.parametrize("salt", ["", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_statement_is_refused_when_the_salt_is_not_256_bits(salt: str) -> None:
    with pytest.raises(ContractError, match=r"predicate\.salt"):
        statements.Stamp(stamp().actor, NOW, salt)


def test_envelope_and_leaf_are_canonical_json(session: Session) -> None:
    signed = session.sign(an_intent(an_action()))
    leaf = session.leaf(signed)
    for data in (signed.encoded, leaf):
        assert rfc8785.dumps(__import__("json").loads(data)) == data
    read = decode_leaf(leaf)
    assert read.envelope_sha256 == sha256(signed.encoded).hexdigest()
    assert read.matches(dsse.decode(signed.encoded))
    assert read.certificate_pem == session.certificate_pem


def test_pre_authentication_encoding_is_that_of_dsse() -> None:
    expected = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
    assert dsse.pre_authentication_encoding(b"{}") == expected


def test_envelope_is_refused_when_another_key_signed_it(session: Session) -> None:
    envelope = session.sign(an_intent(an_action())).envelope
    with pytest.raises(VerificationError, match=r"ledger\.signature"):
        dsse.verify(envelope, ec.generate_private_key(ec.SECP256R1()).public_key())


def test_envelope_is_refused_when_its_base64_has_stray_bits() -> None:
    envelope = dsse.Envelope(b"{}", b"s")
    stray = envelope.encode().replace(b'"cw=="', b'"cx=="')
    with pytest.raises(VerificationError, match=r"ledger\.envelope"):
        dsse.decode(stray)
