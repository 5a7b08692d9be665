"""`writ ledger signatures` on CloudTrail's files, a bucket with versions and a table of promises."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from cli.app import app
from cli.plane import Plane
from tests.support.cloudtrail import delivered, looked_up, record
from tests.support.log_forge import NOW, ORIGIN, Forge
from tests.support.moto_aws import moto_aws
from tests.support.witnesses import MemoryWitness
from writ.adapters import aws
from writ.adapters.log_bucket import LogBucket
from writ.adapters.promise_table import PromiseTable
from writ.ledger.checkpoint import key_id
from writ.ledger.cosignature import cosign
from writ.ledger.note import KeyType, Note, Signature, VerifierKey
from writ.ledger.rotation import note_key_id
from writ.ledger.tiles import Edge, grow
from writ.ledger.trust import Retired
from writ.ports.ledger import KeptPromise

FORGE, OLD = Forge(), Forge()
ENTRIES = FORGE.actions(3)
GROWTH = grow(Edge(), [entry.leaf for entry in ENTRIES])
PLANE: Any = SimpleNamespace(aws=aws.client, thing=lambda name: name, bucket=lambda name: f"writ-test-{name}")
LOG_ID = key_id(FORGE.log_key.public_key())


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A log of six entries whose checkpoint was published twice and cosigned once; the ARN of its key."""
    monkeypatch.setattr(Plane, "load", lambda: PLANE)
    with moto_aws("promises"):
        s3, bucket = aws.client("s3"), PLANE.bucket("log")
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        files = LogBucket(bucket)
        for tile, data in GROWTH.files.items():
            files.create(tile.path, data)
        files.create("trust-root.json", FORGE.trust.encode())
        for _ in range(2):
            publish(FORGE.note(GROWTH.edge.size, GROWTH.edge.root()))
        witness, note = MemoryWitness(), Note.parse(newest())
        publish(note.signed_with([cosign(note.text, witness.verifier, NOW, witness.key.sign)]).encode())
        made = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        aws.client("kms").create_alias(AliasName="alias/log", TargetKeyId=made["KeyId"])
        yield made["Arn"]


def publish(note: bytes) -> None:
    files = LogBucket(PLANE.bucket("log"))
    found = files.read_checkpoint()
    files.replace_checkpoint(note, found[1] if found else None)


def newest() -> bytes:
    found = LogBucket(PLANE.bucket("log")).read_checkpoint()
    assert found is not None
    return found[0]


def promise(index: int, signature: bytes | None = None, by: bytes = LOG_ID) -> None:
    made = signature or FORGE.promise(ENTRIES[index].leaf, index, NOW)
    PromiseTable("promises").put(by, index, KeptPromise(NOW, made))


def hand_over(*, alias: bool = True) -> str:
    """Publish a trust root in which another key came before, and a checkpoint by it; the ARN of that one."""
    retired = Retired(log_keys=((OLD.log_key.public_key(), NOW + timedelta(days=2)),))
    trust = replace(FORGE.trust, retired=retired).encode()
    aws.client("s3").put_object(Bucket=PLANE.bucket("log"), Key="trust-root.json", Body=trust)
    publish(OLD.note(GROWTH.edge.size, GROWTH.edge.root()))
    made = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    if alias:
        name = f"alias/log-{key_id(OLD.log_key.public_key()).hex()[:16]}"
        aws.client("kms").create_alias(AliasName=name, TargetKeyId=made["KeyId"])
    return str(made["Arn"])


def second_line(note: bytes, signer: Ed25519PrivateKey) -> bytes:
    """The note with a line by the second key."""
    parsed = Note.parse(note)
    verifier = VerifierKey(ORIGIN, KeyType.ED25519, signer.public_key().public_bytes_raw())
    line = Signature(ORIGIN, verifier.key_id, signer.sign(parsed.text))
    return parsed.signed_with([line]).encode()


def by(key: str, *roles: str, first: int = 0) -> list[dict[str, Any]]:
    """Signatures of now, for these roles."""
    now = datetime.now(UTC) - timedelta(seconds=1)
    return [record(first + n, now, role, key) for n, role in enumerate(roles)]


def counted(path: Path, *words: str) -> tuple[Result, dict[str, Any]]:
    result = CliRunner().invoke(app, ["ledger", "signatures", str(path), "--json", *words])
    return result, json.loads(result.stdout)


def test_logs_as_cloudtrail_puts_them_into_its_bucket_are_counted(key: str, tmp_path: Path) -> None:
    day = tmp_path / "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/02"
    digests = tmp_path / "AWSLogs/111122223333/CloudTrail-Digest/eu-central-1/2026/03/02"
    for folder in (day, digests):
        folder.mkdir(parents=True)
    (day / "a.json.gz").write_bytes(gzip.compress(delivered(*by(key, "sequencer"))))
    (day / "b.json.gz").write_bytes(gzip.compress(delivered(*by(key, "sequencer", "notary", first=1))))
    (day / "again.json").write_bytes(delivered(*by(key, "sequencer")))
    (digests / "d.json.gz").write_bytes(gzip.compress(b'{"digestS3Bucket": "x"}'))
    promise(3)
    result, document = counted(tmp_path)
    assert (result.exit_code, document["ok"]) == (0, True)
    (found,) = document["keys"]
    assert (found["key"], document["files"]) == (key, 3)
    assert (found["signatures"], found["checkpoints"], found["promises"]) == (3, 2, 1)


def test_one_signature_more_than_there_are_checkpoints_is_found(key: str, tmp_path: Path) -> None:
    """The cosigned version is no signature of the log's, so that it excuses none."""
    path = tmp_path / "events.json"
    path.write_bytes(looked_up(*by(key, "sequencer", "sequencer", "sequencer")))
    result, document = counted(path)
    assert result.exit_code == 1
    (found,) = document["keys"][0]["unmatched"]
    assert found["principal"].endswith("assumed-role/sequencer/sequencer")
    shown = CliRunner().invoke(app, ["ledger", "signatures", str(path)], env={"COLUMNS": "220"})
    assert shown.exit_code == 1
    assert "1 of 3 signatures has nothing to show" in shown.stdout
    assert found["id"] in shown.stdout


def test_promises_that_the_log_did_not_sign_excuse_nobody(key: str, tmp_path: Path) -> None:
    """Whoever holds the notary's role can write its table, but signs no more by that."""
    path = tmp_path / "events.json"
    path.write_bytes(delivered(*by(key, "notary", "notary")))
    promise(0)
    promise(1, FORGE.promise(ENTRIES[0].leaf, 0, NOW))
    promise(2, b"\x30\x00")
    PromiseTable("promises").put(LOG_ID, 99, KeptPromise(NOW, b"x"))
    PromiseTable("promises").put(b"\x01" * 32, 4, KeptPromise(NOW, b"x"))
    result, document = counted(path)
    (found,) = document["keys"]
    assert (result.exit_code, found["promises"], len(found["unmatched"])) == (1, 1, 1)


def test_signatures_by_other_keys_are_not_the_logs(key: str, tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_bytes(delivered(*by("arn:aws:kms:eu-central-1:111122223333:key/other", "sequencer")))
    result, document = counted(path)
    assert (result.exit_code, document["error"]["code"]) == (1, "cloudtrail.none"), (
        "nothing counted is no pass"
    )
    named, of_other = counted(path, "--key", "arn:aws:kms:eu-central-1:111122223333:key/other")
    assert (named.exit_code, of_other["keys"][0]["signatures"]) == (0, 1)


def test_key_that_was_replaced_is_counted_by_itself(key: str, tmp_path: Path) -> None:
    """What the old key signed is held against its own signatures, though the new one vouches for all."""
    old = hand_over()
    publish(FORGE.note(GROWTH.edge.size, GROWTH.edge.root()))
    promise(1, OLD.promise(ENTRIES[1].leaf, 1, NOW), by=key_id(OLD.log_key.public_key()))
    path = tmp_path / "events.json"
    path.write_bytes(delivered(*by(key, "sequencer"), *by(old, "sequencer", "notary", "notary", first=1)))
    result, document = counted(path)
    assert result.exit_code == 1
    new, former = document["keys"]
    assert (new["signatures"], new["unmatched"], new["end"]) == (1, [], None)
    assert (former["key"], former["id"]) == (old, key_id(OLD.log_key.public_key()).hex())
    assert (former["checkpoints"], former["promises"]) == (1, 1)
    assert [each["principal"].rpartition("/")[2] for each in former["unmatched"]] == ["notary"]
    shown = CliRunner().invoke(app, ["ledger", "signatures", str(path)], env={"COLUMNS": "220"})
    assert "1 of 4 signatures has nothing to show" in shown.stdout
    assert f"{old}, retired, ends 2026-03-03T12:00:00" in shown.stdout


def test_key_of_the_second_line_is_counted_by_the_first_lines_beside_its_own(
    key: str, tmp_path: Path
) -> None:
    """It signs the same head with the same bytes, so that a head published twice shows two signatures."""
    signer = Ed25519PrivateKey.generate()
    verifier = VerifierKey(ORIGIN, KeyType.ED25519, signer.public_key().public_bytes_raw())
    trust = replace(FORGE.trust, note_key=verifier).encode()
    aws.client("s3").put_object(Bucket=PLANE.bucket("log"), Key="trust-root.json", Body=trust)
    for _ in range(2):
        publish(second_line(FORGE.note(GROWTH.edge.size, GROWTH.edge.root()), signer))
    made = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    aws.client("kms").create_alias(AliasName="alias/note", TargetKeyId=made["KeyId"])
    note = str(made["Arn"])
    path = tmp_path / "events.json"
    path.write_bytes(delivered(*by(note, "sequencer", "sequencer"), *by(key, "sequencer", first=2)))
    result, document = counted(path)
    assert result.exit_code == 0
    of_log, of_note = document["keys"]
    assert (of_log["checkpoints"], of_note["checkpoints"], of_note["promises"]) == (1, 2, 0)
    assert (of_note["key"], of_note["id"]) == (note, note_key_id(verifier))
    path.write_bytes(delivered(*by(note, "sequencer", "sequencer", "sequencer", "notary")))
    result, document = counted(path)
    assert result.exit_code == 1
    (of_note,) = document["keys"]
    assert len(of_note["unmatched"]) == 2, "one head too many, and a promise, which it never makes"
    shown = CliRunner().invoke(app, ["ledger", "signatures", str(path)], env={"COLUMNS": "220"})
    assert "2 on checkpoints, as the second line" in shown.stdout


def test_key_that_was_replaced_and_has_no_alias_is_named(key: str, tmp_path: Path) -> None:
    hand_over(alias=False)
    path = tmp_path / "events.json"
    path.write_bytes(delivered(*by(key, "sequencer")))
    result, document = counted(path)
    assert result.exit_code == 1
    assert key_id(OLD.log_key.public_key()).hex()[:16] in document["error"]["message"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("x.json", b"{", "cloudtrail.malformed"),
        ("x.json.gz", b"not gzip", "cloudtrail.unreadable"),
        ("x.json.gz", gzip.compress(delivered(), mtime=0)[:-9], "cloudtrail.unreadable"),
    ],
    ids=["not JSON", "not gzip", "cut off"],
)
def test_file_that_does_not_read_ends_the_count(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(data)
    result, document = counted(tmp_path)
    assert (result.exit_code, document["error"]["code"]) == (1, code)
    assert name in document["error"]["message"]


def test_folder_without_logs_and_trust_root_that_is_not_there_are_errors_of_use(
    key: str, tmp_path: Path
) -> None:
    assert counted(tmp_path)[0].exit_code == 2
    path = tmp_path / "events.json"
    path.write_bytes(delivered(*by(key, "sequencer")))
    assert counted(path, "--trust", str(tmp_path / "nowhere"))[0].exit_code == 2
