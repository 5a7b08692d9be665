"""The whole ledger on AWS: appended, integrated, signed, locked, and verified from what lies in S3."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.log_forge import BOTS, NOW, ORIGIN, Forge, an_action, an_intent, an_outcome, put, stamp
from tests.support.memory import ManualClock
from tests.support.memory_ledger import MemoryAuthority
from writ.adapters import aws
from writ.adapters.certificate_table import CertificateTable
from writ.adapters.entry_table import EntryTable
from writ.adapters.head_table import HeadTable
from writ.adapters.index_table import IndexTable
from writ.adapters.key_table import KeyTable
from writ.adapters.kms import KmsSigner, KmsWrapping
from writ.adapters.log_bucket import AnchorBucket, LogBucket
from writ.contracts.statement import Link
from writ.ledger.checkpoint import open_checkpoint
from writ.ledger.edges import hour_edge
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.leaf import decode_leaf
from writ.ledger.logcopy import LogCopy
from writ.ledger.recorder import Recorder, Sessions
from writ.ledger.sequencer import Sequencer, SequencerPorts
from writ.ledger.trust import TrustRoot
from writ.ledger.verify import verify_log

LOG, LOCKED = "writ-test-log", "writ-test-anchors"


@dataclass
class Ledger:
    """A recorder and a sequencer over AWS."""

    recorder: Recorder
    sequencer: Sequencer
    entries: EntryTable
    trust: TrustRoot
    clock: ManualClock

    def act(self, number: int) -> list[str]:
        """Intent and outcome of an action."""
        action = an_action(number)
        intended = an_intent(action, stamped=stamp(time=self.clock.now(), seed=str(number)))
        if number % 3 == 0:  # a person asked for it, so its statement is sealed
            intended["predicate"]["event"]["by"] = f"person-{number % 2}"
        intent = self.recorder.append_or_adopt(f"{action.id}.intent", intended)
        previous = Link(entry=intent.entry_id, sha256=intent.payload_sha256)
        made = an_outcome(action, previous, stamp(time=self.clock.now(), seed=f"{number}o"))
        return [intent.entry_id, self.recorder.append_or_adopt(f"{action.id}.outcome", made).entry_id]


@pytest.fixture
def ledger(account: None) -> Ledger:
    aws.client("s3").create_bucket(Bucket=LOG)
    aws.client("s3").create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
    made = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    keys = KeyTable("subjects", KmsWrapping(aws.client("kms").create_key()["KeyMetadata"]["KeyId"]))
    entries = EntryTable("entries", keys)
    signer, forge, clock = KmsSigner(made["KeyMetadata"]["KeyId"]), Forge(), ManualClock(NOW)
    trust = replace(forge.trust, log_key=signer.public_key())
    checker, certificates = EvidenceChecker(trust), CertificateTable("certificates")

    def check(entry_id: str, encoded: bytes, leaf: bytes) -> None:
        checker.check(entry_id, encoded, decode_leaf(leaf))

    ports = SequencerPorts(
        entries=entries,
        certificates=certificates,
        heads=HeadTable("log"),
        files=LogBucket(LOG),
        anchors=AnchorBucket(LOCKED),
        index=IndexTable("index"),
        signer=signer,
        clock=clock,
        check=check,
    )
    authority = MemoryAuthority(forge.issuer, BOTS + "backlog", certificates, clock)
    recorder = Recorder(entries, Sessions(authority, clock), clock)
    return Ledger(recorder, Sequencer(ORIGIN, ports), entries, trust, clock)


def copy_of(ledger: Ledger, entries: list[str], folder: Path) -> Path:
    """The log as an auditor downloads it."""
    s3 = aws.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=LOG):
        for item in page["Contents"]:
            if item["Key"].startswith(("tile/", "checkpoint")):
                put(folder / item["Key"], s3.get_object(Bucket=LOG, Key=item["Key"])["Body"].read())
    for name, entry in ledger.entries.get_many(entries).items():
        put(folder / "statements" / f"{name}.json", entry.envelope)
    put(folder / "trust-root.json", ledger.trust.encode())
    return folder


def test_what_was_acknowledged_is_in_the_log_that_verifies(ledger: Ledger, tmp_path: Path) -> None:
    """I4 and I5"""
    entries: list[str] = []
    roots: dict[int, bytes] = {}
    for start in range(0, 150, 50):
        batch = [name for number in range(start, start + 50) for name in ledger.act(number)]
        entries += batch
        done = ledger.sequencer.integrate(batch)
        assert (done.integrated, done.refused) == (len(batch), {})
        [checkpoint] = done.published
        roots[checkpoint.size] = checkpoint.root
        assert ledger.sequencer.integrate(batch).integrated == 0
    assert list(roots) == [100, 200, 300]
    assert list(AnchorBucket(LOCKED).from_size(0)) == sorted(roots.items())
    found = LogBucket(LOG).read_checkpoint()
    assert found is not None
    assert open_checkpoint(found[0], ORIGIN, ledger.trust.log_key).root == roots[300]
    report = verify_log(LogCopy(copy_of(ledger, entries, tmp_path)), ledger.trust)
    assert (report.findings, report.checkpoint.size, report.statements) == ([], 300, 300)
    stored = aws.client("dynamodb").scan(TableName="entries")["Items"]
    assert sum("keys" in item for item in stored) == 50
    listed = IndexTable("index").page(hour_edge(NOW), -1, 1000)
    assert [entry.index for entry in listed] == list(range(300))
    assert {entry.entry_id for entry in listed} == set(entries)


def test_sweep_brings_in_what_the_stream_did_not(ledger: Ledger) -> None:
    """I4"""
    entries = ledger.act(1)
    ledger.clock.forward(minutes=3)
    swept = ledger.sequencer.sweep(timedelta(seconds=60))
    assert swept.integrated == 2
    assert ledger.sequencer.sweep(timedelta(seconds=60)).integrated == 0
    asked = [(an_action(1).id, name) for name in entries]
    assert IndexTable("index").find(asked) == {entries[0]: 0, entries[1]: 1}


def test_head_that_stood_for_long_is_published_again(ledger: Ledger) -> None:
    ledger.sequencer.integrate(ledger.act(1))
    ledger.clock.forward(minutes=11)
    [again] = ledger.sequencer.sweep(timedelta(seconds=60)).published
    assert again.size == 2
