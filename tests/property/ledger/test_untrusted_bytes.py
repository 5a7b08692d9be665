"""Every reader of bytes from outside: what is not exactly right is refused, and only by VerificationError.

`WRIT_MUTATIONS` sets how many bytes of each file are edited; `all` edits every byte in every way a bit can
flip, and to every other value where a reader is cheap. `make test-ledger-bytes` does that.
"""

from __future__ import annotations

import json
import os
import random
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from tests.support.log_forge import BOTS, NOW, ORIGIN, Entry, Forge
from writ.contracts.errors import WritError
from writ.ledger import dsse
from writ.ledger.batch import Leaves
from writ.ledger.certificate import check_certificate
from writ.ledger.checkpoint import open_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import EvidenceChecker, read_statement
from writ.ledger.leaf import Leaf, decode_leaf, encode_leaf, verifier_of
from writ.ledger.logcopy import LogCopy
from writ.ledger.merkle import leaf_hash
from writ.ledger.session import Session
from writ.ledger.tiles import decode_bundle, encode_bundle, split_tile
from writ.ledger.trust import TrustRoot, load_key
from writ.ledger.verify import verify_log
from writ.ports.ledger import IndexedEntry

MUTATIONS = os.environ.get("WRIT_MUTATIONS", "80")
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@cache
def forge() -> Forge:
    return Forge()


@cache
def session() -> Session:
    return forge().session()


@cache
def entry() -> Entry:
    return forge().actions(1, session())[0]


@cache
def note() -> bytes:
    return forge().note(12, bytes(range(32)))


@cache
def checker() -> EvidenceChecker:
    return EvidenceChecker(forge().trust)


def edits(data: bytes, *, values: int = 255) -> Iterator[bytes]:
    """Single-byte edits, removals and insertions; all of them or a sample that differs from run to run."""
    everything = MUTATIONS == "all"
    chance = random.Random()
    positions = (
        range(len(data)) if everything else chance.sample(range(len(data)), min(int(MUTATIONS), len(data)))
    )
    for at in positions:
        masks = [1 << bit for bit in range(8)] if values == 8 else list(range(1, 256))
        for mask in masks if everything else chance.sample(masks, 4):
            yield data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]
        yield data[:at] + data[at + 1 :]
        yield data[:at] + data[at : at + 1] + data[at:]
        yield data[:at] + b"\n" + data[at:]
        yield data[:at]
    yield from (data + b"\n", data + b"\x00", b" " + data, data + data, b"")


def refused_or(read: Callable[[bytes], Any], data: bytes) -> Any:
    """What a reader makes of bytes, or None where it refuses them. Only VerificationError is a refusal."""
    try:
        return read(data)
    except VerificationError:
        return None


def unless_corrupt(data: bytes) -> Leaves | None:
    """A staged batch, or None where it is refused as corrupt, which is no verifier's word but the store's."""
    try:
        return Leaves.decode(data)
    except WritError as error:
        if error.code != "ledger.corrupt":
            raise
    return None


def same(data: bytes, read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> bool:
    """Whether bytes are refused, or are the only spelling of what was read."""
    found = refused_or(read, data)
    return found is None or write(found) == data


def rewritten(leaf: Leaf) -> bytes:
    """The leaf's bytes from its fields alone."""
    signature, verifier = b64encode(leaf.signature), verifier_of(leaf.certificate_pem)
    template = encode_leaf(dsse.Envelope(b"p", b"s"), b"e", verifier)
    digests = (
        (sha256(b"e").hexdigest(), leaf.envelope_sha256),
        (sha256(b"p").hexdigest(), leaf.payload_sha256),
    )
    for mine, its in digests:
        template = template.replace(mine.encode(), its.encode())
    return template.replace(b'"signature":"' + b64encode(b"s"), b'"signature":"' + signature)


def test_an_edited_envelope_is_refused() -> None:
    leaf = decode_leaf(entry().leaf)
    for data in edits(entry().signed.encoded, values=8):
        assert same(data, dsse.decode, dsse.Envelope.encode)
        if data != entry().signed.encoded:
            with pytest.raises(VerificationError):
                checker().check(entry().id, data, leaf)


def test_an_edited_envelope_is_refused_even_under_a_leaf_made_for_it() -> None:
    """Only the signature is left to refuse it."""
    verifier = verifier_of(session().certificate_pem)
    for data in edits(entry().signed.encoded, values=8):
        envelope = refused_or(dsse.decode, data)
        if envelope is not None and data != entry().signed.encoded:
            leaf = decode_leaf(encode_leaf(envelope, data, verifier))
            with pytest.raises(VerificationError):
                checker().check(entry().id, data, leaf)


def test_an_edited_leaf_is_refused() -> None:
    for data in edits(entry().leaf, values=8):
        assert same(data, decode_leaf, rewritten)
        leaf = refused_or(decode_leaf, data)
        if leaf is not None and data != entry().leaf:
            with pytest.raises(VerificationError):
                checker().check(entry().id, entry().signed.encoded, leaf)


def test_an_edited_checkpoint_is_refused() -> None:
    for data in edits(note()):
        if data != note():
            with pytest.raises(VerificationError):
                open_checkpoint(data, ORIGIN, forge().log_key.public_key())


def test_an_edited_certificate_is_refused() -> None:
    pem = session().certificate_pem
    for data in edits(pem, values=8):
        if data != pem:
            with pytest.raises(VerificationError):
                check_certificate(data, forge().trust)


def test_an_edited_bundle_or_tile_has_no_second_spelling() -> None:
    bundle = encode_bundle([entry().leaf, b"", b"x" * 300])
    for data in edits(bundle, values=8):
        assert same(data, lambda given: list(decode_bundle(given)), encode_bundle)
    for data in edits(bytes(range(64)), values=8):
        assert same(data, lambda given: split_tile(given, 2), b"".join)


def test_an_edited_trust_root_is_refused_or_read_whole() -> None:
    for data in edits(forge().trust.encode(), values=8):
        found = refused_or(TrustRoot.decode, data)
        assert found is None or refused_or(TrustRoot.decode, found.encode()) == found


def test_an_edited_staged_batch_is_refused_or_leads_to_other_leaves() -> None:
    subjects = ("a" * 64,)
    indexed = IndexedEntry("a.intent", 7, "backlog", "type", "a", NOW, subjects)
    batch = Leaves(7, (b"leaf",), (indexed,))
    for data in edits(batch.encode()):
        found = unless_corrupt(data)
        assert found is None or len(found.leaves) == len(found.entries)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return forge().write_copy(tmp_path_factory.mktemp("log"), forge().actions(2, session()))


def test_every_edit_of_a_log_copy_is_found(copy: Path) -> None:
    """Every file but the trust root, which a verifier brings along."""
    assert verify_log(LogCopy(copy), forge().trust).ok
    files = [path for path in copy.rglob("*") if path.is_file() and path.name != "trust-root.json"]
    for path in files:
        data = path.read_bytes()
        for edited in copy_edits(data):
            path.write_bytes(edited)
            report = refused_or(lambda _: verify_log(LogCopy(copy), forge().trust), edited)
            assert report is None or not report.ok, f"{path.name}: {edited!r}"
        path.write_bytes(data)
    assert verify_log(LogCopy(copy), forge().trust).ok


def copy_edits(data: bytes) -> Iterator[bytes]:
    """One edit a byte, or as many as were asked for: each is a whole verification."""
    chance = random.Random()
    every = range(len(data))
    positions = every if MUTATIONS == "all" else chance.sample(every, min(int(MUTATIONS) // 2, len(data)))
    for at in positions:
        yield data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.sampled_from(
        ["9" * 5000, "2026-03-01T12:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*at, key))


def replaced(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    made = dict(value) if isinstance(value, dict) else list(value)
    made[at[0]] = replaced(made[at[0]], at[1:], new)
    return made


@given(st.data())
def test_a_statement_with_anything_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    statement = json.loads(entry().signed.envelope.payload)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.sampled_from(list(paths(statement))))
        statement = replaced(statement, at, data.draw(json_values))
        if not isinstance(statement, dict):
            break
    payload = json.dumps(statement).encode()
    refused_or(read_statement, payload)
    envelope = dsse.sign(payload, session()._key)
    encoded = envelope.encode()
    leaf = decode_leaf(encode_leaf(envelope, encoded, verifier_of(session().certificate_pem)))
    refused_or(lambda given: checker().check(entry().id, given, leaf), encoded)


@given(st.data())
def test_a_trust_root_with_anything_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    file = json.loads(forge().trust.encode())
    at = data.draw(st.sampled_from(list(paths(file))))
    refused_or(TrustRoot.decode, json.dumps(replaced(file, at, data.draw(json_values))).encode())


@given(st.data())
def test_a_staged_batch_with_anything_in_any_place_is_read_or_corrupt(data: st.DataObject) -> None:
    batch = Leaves(0, (b"leaf",), (IndexedEntry("a.intent", 0, "backlog", "type", "a", NOW, ("a" * 64,)),))
    staged = json.loads(batch.encode())
    at = data.draw(st.sampled_from(list(paths(staged))))
    changed = json.dumps(replaced(staged, at, data.draw(json_values))).encode()
    unless_corrupt(changed)


@given(st.binary(max_size=400))
def test_any_bytes_at_all_are_refused_by_every_reader(data: bytes) -> None:
    trust = forge().trust
    readers: list[Callable[[bytes], Any]] = [
        dsse.decode,
        decode_leaf,
        read_statement,
        TrustRoot.decode,
        load_key,
        lambda given: check_certificate(given, trust),
        lambda given: open_checkpoint(given, ORIGIN, trust.log_key),
    ]
    assert [refused_or(read, data) for read in readers] == [None] * len(readers)


def signature_twin(signature: bytes) -> bytes:
    """The other signature that verifies wherever this one does: (r, n - s)."""
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, P256_ORDER - s)


def other_spellings(signature: bytes) -> list[bytes]:
    """The same two numbers in BER that is not DER, and with more around them."""
    body, r_length = signature[2:], signature[3]
    r, s = body[2 : 2 + r_length], body[4 + r_length :]
    return [
        b"\x30\x81" + bytes([len(body)]) + body,
        b"\x30\x82\x00" + bytes([len(body)]) + body,
        b"\x30\x80" + body + b"\x00\x00",
        b"\x30"
        + bytes([len(body) + 1])
        + b"\x02"
        + bytes([len(r) + 1])
        + b"\x00"
        + r
        + b"\x02"
        + bytes([len(s)])
        + s,
        b"\x30" + bytes([len(body) + 1]) + b"\x02\x81" + bytes([len(r)]) + r + b"\x02" + bytes([len(s)]) + s,
        b"\x30" + bytes([len(body) + 2]) + body + b"\x05\x00",
        signature + b"\x00",
        signature + signature,
    ]


def test_a_signature_has_one_spelling() -> None:
    envelope = dsse.decode(entry().signed.encoded)
    key = session()._key.public_key()
    dsse.verify(envelope, key)
    for signature in other_spellings(envelope.signature):
        with pytest.raises(VerificationError):
            dsse.verify(dsse.Envelope(envelope.payload, signature), key)


def test_the_twin_of_a_signature_makes_another_envelope_which_the_log_does_not_hold(copy: Path) -> None:
    """It verifies, as ECDSA has it; hence the log holds the hash of the envelope, signature included."""
    envelope = dsse.decode(entry().signed.encoded)
    twin = dsse.Envelope(envelope.payload, signature_twin(envelope.signature))
    dsse.verify(twin, session()._key.public_key())
    with pytest.raises(VerificationError, match=r"ledger\.leaf"):
        checker().check(entry().id, twin.encode(), decode_leaf(entry().leaf))
    path = next(iter((copy / "statements").iterdir()))
    data = path.read_bytes()
    stored = dsse.decode(data)
    path.write_bytes(dsse.Envelope(stored.payload, signature_twin(stored.signature)).encode())
    found = {finding.code for finding in verify_log(LogCopy(copy), forge().trust).findings}
    path.write_bytes(data)
    assert found == {"statement.altered"}


def test_the_twin_of_a_checkpoints_signature_says_the_same() -> None:
    text, _, line = note().decode().rpartition("\n\u2014 ")
    blob = b64decode(line.split(" ")[1])
    again = b64encode(blob[:4] + signature_twin(blob[4:])).decode()
    twin = f"{text}\n\u2014 {ORIGIN} {again}\n".encode()
    assert twin != note()
    key = forge().log_key.public_key()
    assert open_checkpoint(twin, ORIGIN, key) == open_checkpoint(note(), ORIGIN, key)


def with_signature(certificate: x509.Certificate, signature: bytes) -> bytes:
    """A certificate with another signature over the same."""
    algorithm = certificate.public_bytes(Encoding.DER)[4 + len(certificate.tbs_certificate_bytes) :][:12]
    bits = b"\x03" + bytes([len(signature) + 1]) + b"\x00" + signature
    body = certificate.tbs_certificate_bytes + algorithm + bits
    der = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def test_the_twin_of_a_certificates_signature_makes_another_leaf_which_the_log_does_not_hold() -> None:
    certificate = x509.load_pem_x509_certificate(session().certificate_pem)
    assert with_signature(certificate, certificate.signature) == session().certificate_pem
    twin = with_signature(certificate, signature_twin(certificate.signature))
    assert check_certificate(twin, forge().trust).identity == BOTS + "backlog"
    envelope = dsse.decode(entry().signed.encoded)
    leaf = encode_leaf(envelope, entry().signed.encoded, verifier_of(twin))
    assert leaf_hash(leaf) != leaf_hash(entry().leaf)


@pytest.mark.parametrize(
    "spelled",
    [
        lambda pem: pem.replace(b"\n", b"\r\n"),
        lambda pem: pem.rstrip(b"\n"),
        lambda pem: pem + b"\n",
        lambda pem: b"\n" + pem,
        lambda pem: b"Bag Attributes\n" + pem,
        lambda pem: pem + pem,
        lambda pem: pem.replace(b"\nMII", b"\n MII"),
        lambda pem: pem.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
        lambda pem: pem[:28] + pem[28:].replace(b"\n", b"", 1),
    ],
)
def test_a_certificate_has_one_spelling(spelled: Callable[[bytes], bytes]) -> None:
    pem = session().certificate_pem
    assert spelled(pem) != pem
    with pytest.raises(VerificationError):
        check_certificate(spelled(pem), forge().trust)


@pytest.mark.parametrize(
    "spelled",
    [
        lambda payload: payload.replace(b'{"_type"', b'{"_type":"x","_type"', 1),
        lambda payload: payload.replace(b'"bot":"backlog"', b'"bot":"registry","bot":"backlog"'),
        lambda payload: payload + b"\n",
        lambda payload: b" " + payload,
        lambda payload: payload.replace(b'":"', b'": "', 1),
        lambda payload: payload.replace(b'"backlog"', b'"b\\u0061cklog"'),
        lambda payload: payload.replace(b'"run":0', b'"run":0.0'),
    ],
    ids=["name twice", "bot twice", "line end", "space before", "space within", "escape", "fraction"],
)
def test_a_signed_statement_that_reads_in_two_ways_is_refused(spelled: Callable[[bytes], bytes]) -> None:
    """Signed in bad faith, for one reader to see another statement than the next."""
    payload = entry().signed.envelope.payload
    assert spelled(payload) != payload
    envelope = dsse.sign(spelled(payload), session()._key)
    encoded = envelope.encode()
    leaf = decode_leaf(encode_leaf(envelope, encoded, verifier_of(session().certificate_pem)))
    with pytest.raises(VerificationError, match=r"ledger\.statement"):
        checker().check(entry().id, encoded, leaf)


def test_a_copy_with_folders_in_place_of_files_is_reported_on(copy: Path) -> None:
    strays = [copy / "checkpoints" / "folder", copy / "statements" / "folder.json"]
    for folder in strays:
        folder.mkdir(parents=True)
    report = verify_log(LogCopy(copy), forge().trust)
    for folder in strays:
        folder.rmdir()
    assert [finding.code for finding in report.findings] == ["ledger.copy", "ledger.copy"]
