"""The plane's log, read from where the ledger's own adapters put it, and verified as a copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cli.ledger.copying import write_copy
from cli.ledger.log_source import PlaneLog, signed_size
from tests.support.log_forge import NOW, Entry, Forge
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.certificate_table import CertificateTable
from writ.adapters.entry_table import EntryTable
from writ.adapters.index_table import IndexTable
from writ.adapters.log_bucket import AnchorBucket, LogBucket
from writ.contracts.statement import ACTION
from writ.ledger.examine import fingerprint_of
from writ.ledger.findings import Certificates, Report
from writ.ledger.logcopy import LogCopy
from writ.ledger.tiles import Edge, grow
from writ.ledger.verify import verify_log
from writ.ports.ledger import IndexedEntry, IssuedCertificate, StoredEntry

PLANE: Any = SimpleNamespace(aws=aws.client, thing=lambda name: name, bucket=lambda name: f"writ-test-{name}")
FORGE = Forge()
SESSION = FORGE.session()
ENTRIES = FORGE.actions(4, SESSION)
LATER = FORGE.actions(5, SESSION)[-2:]


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """Eight entries under a checkpoint, anchors of it and of its first half, and two later entries."""
    with moto_aws("entries", "index", "certificates"):
        for name in ("log", "anchors"):
            aws.client("s3").create_bucket(Bucket=PLANE.bucket(name))
        for entry in (*ENTRIES, *LATER):
            EntryTable("entries").append(stored(entry))
        IndexTable("index").write([indexed(place, entry) for place, entry in enumerate(ENTRIES)])
        sign(ENTRIES)
        certificates = CertificateTable("certificates")
        certificates.put_root(1, FORGE.root.public_bytes(Encoding.PEM))
        certificates.put_root(2, FORGE.root.public_bytes(Encoding.PEM))
        certificates.put(issued(SESSION.certificate_pem))
        yield


def sign(entries: list[Entry]) -> None:
    files, anchors = LogBucket(PLANE.bucket("log")), AnchorBucket(PLANE.bucket("anchors"))
    half = grow(Edge(), [entry.leaf for entry in entries[:4]]).edge
    whole = grow(Edge(), [entry.leaf for entry in entries])
    for tile, data in whole.files.items():
        files.create(tile.path, data)
    files.create("trust-root.json", FORGE.trust.encode())
    for edge in (half, whole.edge):
        anchors.create(edge.size, edge.root(), FORGE.note(edge.size, edge.root()))
    files.replace_checkpoint(FORGE.note(whole.edge.size, whole.edge.root()), None)


def stored(entry: Entry) -> StoredEntry:
    certificate = FORGE.root.public_bytes(Encoding.DER).hex()[:64]
    stream = entry.id.rpartition(".")[0]
    return StoredEntry(
        entry.id, entry.signed.encoded, certificate, "backlog", ACTION, stream, None, (), NOW, NOW
    )


def issued(pem: bytes) -> IssuedCertificate:
    return IssuedCertificate(fingerprint_of(pem), pem, "backlog", NOW, NOW)


def indexed(place: int, entry: Entry) -> IndexedEntry:
    return IndexedEntry(entry.id, place, "backlog", ACTION, entry.id.rpartition(".")[0], NOW, ())


def verified(folder: Path) -> Report:
    return verify_log(LogCopy(folder), FORGE.trust)


def test_a_copy_holds_what_the_checkpoint_covers_and_nothing_later(tmp_path: Path) -> None:
    copy = write_copy(PlaneLog(PLANE), tmp_path / "copy")
    names = {name.removesuffix(".json") for name in copy.statement_files()}
    assert names == {entry.id for entry in ENTRIES}
    assert len(copy.earlier_checkpoint_files()) == 2
    report = verified(copy.folder)
    assert (report.ok, report.statements) == (True, 8)


def test_a_copy_tells_which_certificates_were_issued(tmp_path: Path) -> None:
    idle = FORGE.session().certificate_pem
    CertificateTable("certificates").put(issued(idle))
    report = verified(write_copy(PlaneLog(PLANE), tmp_path / "copy", packed=True).folder)
    assert (report.ok, report.certificates) == (True, Certificates(1, 2, 1))


def test_a_certificate_the_authority_never_issued_is_named(tmp_path: Path) -> None:
    key = {"fingerprint": {"S": fingerprint_of(SESSION.certificate_pem)}}
    aws.client("dynamodb").delete_item(TableName="certificates", Key=key)
    report = verified(write_copy(PlaneLog(PLANE), tmp_path / "copy").folder)
    assert [(finding.code, finding.index) for finding in report.findings] == [("certificate.unissued", 0)]


def test_the_signed_size_is_the_checkpoints() -> None:
    assert signed_size(PLANE) == 8


def test_no_checkpoint_signs_nothing() -> None:
    aws.client("s3").delete_object(Bucket=PLANE.bucket("log"), Key="checkpoint")
    assert signed_size(PLANE) == 0


@pytest.mark.parametrize("attribute", ["payload", "signature"])
@pytest.mark.parametrize("place", [0, 10, -1])
def test_one_flipped_byte_of_a_stored_entry_is_named(tmp_path: Path, attribute: str, place: int) -> None:
    entry = ENTRIES[3]
    table = aws.client("dynamodb")
    key = {"entry_id": {"S": entry.id}}
    data = bytearray(table.get_item(TableName="entries", Key=key)["Item"][attribute]["B"])
    data[place] ^= 1
    table.update_item(
        TableName="entries",
        Key=key,
        UpdateExpression=f"SET {attribute} = :data",
        ExpressionAttributeValues={":data": {"B": bytes(data)}},
    )
    report = verified(write_copy(PlaneLog(PLANE), tmp_path / "copy").folder)
    assert {(finding.index, finding.entry) for finding in report.findings} == {(3, entry.id)}


def test_a_deleted_entry_is_missed_at_its_leaf(tmp_path: Path) -> None:
    aws.client("dynamodb").delete_item(TableName="entries", Key={"entry_id": {"S": ENTRIES[-1].id}})
    report = verified(write_copy(PlaneLog(PLANE), tmp_path / "copy").folder)
    assert 7 in {finding.index for finding in report.findings}


def test_a_tile_that_is_gone_is_left_to_verification(tmp_path: Path) -> None:
    aws.client("s3").delete_object(Bucket=PLANE.bucket("log"), Key="tile/entries/000.p/8")
    assert not verified(write_copy(PlaneLog(PLANE), tmp_path / "copy").folder).ok
