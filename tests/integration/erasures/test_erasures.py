"""Erasing over DynamoDB, S3 and KMS by moto: after it nothing in any table or bucket holds the person."""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.erasures.model import EVERYTHING, Hold, KeyState
from functions.erasures.payloads import PayloadTable
from functions.erasures.perform import ACTIONS
from functions.erasures.ports import Ports
from functions.erasures.records import ActionRecords
from functions.erasures.vault import VaultTable
from stacks.tables import BUCKETS, TABLES
from tests.support.controls import manifest
from tests.support.erasing import carried_on
from tests.support.log_forge import BOTS, ORIGIN, Forge, put
from tests.support.memory import ManualClock, MemoryFlows
from tests.support.memory_ledger import MemoryAuthority
from tests.support.moto_aws import moto_aws
from tests.unit.policy.facts import engine
from writ.adapters import aws
from writ.adapters.action_table import ActionTable
from writ.adapters.approval_table import ApprovalTable
from writ.adapters.certificate_table import CertificateTable
from writ.adapters.entry_table import EntryTable
from writ.adapters.eventbridge import EventBridgeBus
from writ.adapters.guard_table import GuardTable
from writ.adapters.head_table import HeadTable
from writ.adapters.index_table import IndexTable
from writ.adapters.key_table import KeyTable
from writ.adapters.kms import KmsSigner, KmsWrapping
from writ.adapters.log_bucket import AnchorBucket, LogBucket
from writ.contracts.action import Action, Approval, Status, Target
from writ.contracts.action_spec import ActionSpec
from writ.contracts.errors import ConflictError, NotFoundError
from writ.contracts.statement import ACTION
from writ.ledger.edges import hour_edge, subject_edge
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.findings import Report
from writ.ledger.graph import Kind, Node
from writ.ledger.leaf import decode_leaf
from writ.ledger.logcopy import LogCopy
from writ.ledger.recorder import Recorder, Sessions
from writ.ledger.sequencer import Sequencer, SequencerPorts
from writ.ledger.verify import verify_log
from writ.ports.actions import ActionRecord, Cause, Phase
from writ.runtime.answers import Answers
from writ.runtime.effect import Effect
from writ.runtime.identity import Identity
from writ.runtime.judge import Judge
from writ.runtime.loop import Loop
from writ.runtime.wiring import LoopPorts

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SPECS = {"act": ActionSpec.model_validate({"risk": "high", "summary": "s"})}


class Plane:
    """People ask for actions of the bot `backlog`, others approve them, a sequencer takes it all in."""

    def __init__(self) -> None:
        for bucket in BUCKETS:
            aws.client("s3").create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=bucket == "anchors")
        kms = aws.client("kms")
        made = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        self.signer = KmsSigner(made["KeyMetadata"]["KeyId"])
        self.wrapping = KmsWrapping(kms.create_key()["KeyMetadata"]["KeyId"])
        self.clock, self.forge = ManualClock(NOW), Forge()
        self.trust = replace(self.forge.trust, log_key=self.signer.public_key())
        self.certificates = CertificateTable("certificates")
        self.vault, self.index = VaultTable("subjects"), IndexTable("index")
        self.actions, self.approvals = ActionTable("actions", "usage"), ApprovalTable("approvals")
        self.bus, self.flows = EventBridgeBus("default"), MemoryFlows()

    def entries(self) -> EntryTable:
        """As a process sees them that has just started."""
        return EntryTable("entries", KeyTable("subjects", self.wrapping))

    def recorder(self, bot: str) -> Recorder:
        authority = MemoryAuthority(self.forge.issuer, BOTS + bot, self.certificates, self.clock)
        return Recorder(self.entries(), Sessions(authority, self.clock), self.clock)

    def loop(self, bot: str, specs: Any, effects: Any, ports: Any) -> Loop[Any]:
        guards = GuardTable("controls", "usage", lambda: engine().bundle.windows)
        return Loop(
            Identity(bot, "platform", "1", "c" * 64),
            specs,
            effects,
            LoopPorts(
                self.actions,
                self.approvals,
                self.recorder(bot),
                self.bus,
                Judge(engine(), guards),
                self.clock,
                os.urandom,
                self.flows,
            ),
            ports,
            lease=timedelta(seconds=35),
        )

    def act(self, asked_by: str, approved_by: str, about: str = "build") -> ActionRecord:
        """An action that one person asks for and another approves."""
        effect: Effect[None] = Effect(lambda *_: {"done": True}, lambda *_: None)
        action = Action.of(
            "backlog",
            "act",
            Target(kind="task", id="task-1"),
            reason=f"{asked_by} asked for it: {about}",
            once_per=(asked_by, approved_by, about),
            parameters={"by": asked_by, "login": about},
        )
        return self.approved(
            self.loop("backlog", SPECS, {"act": effect}, None), action, asked_by, approved_by
        )

    def approved(self, loop: Loop[Any], action: Action, asked_by: str, approved_by: str) -> ActionRecord:
        record = loop.run(action, Cause("Asked.v1", "api-1", "person", asked_by))
        assert record.phase is Phase.WAITING
        answer = Approval(
            approved=True, by=approved_by, at=self.clock.now(), reason=f"{approved_by} looked at it"
        )
        self.approvals.answer(action.id, answer)
        who = Identity("approvals", "platform", "1", "d" * 64)
        answers = Answers(who, self.recorder("approvals"), self.bus, self.clock, os.urandom)
        answers.attest(record, answer)
        return loop.resume(action.id)

    def erase(self, ref: str, name: str = "erase-subject") -> ActionRecord:
        action = Action.of(
            "erasures", name, Target(kind="data-subject", id=ref), reason="article 17", once_per=(name, ref)
        )
        loop = self.loop("erasures", manifest("erasures").actions, ACTIONS, self.ports())
        record = self.approved(loop, action, "requester", "second-person")
        carried_on(ref, action.id, self.ports())
        return record

    def ports(self) -> Ports:
        return Ports(
            vault=self.vault,
            payloads=PayloadTable("entries"),
            records=ActionRecords("actions", "usage", "approvals"),
            index=self.index,
            anchors=AnchorBucket("anchors"),
            evidence=self.recorder("erasures"),
            identity=Identity("erasures", "platform", "1", "e" * 64),
            entropy=os.urandom,
            clock=self.clock,
            flows=self.flows,
        )

    def integrate(self) -> None:
        checker = EvidenceChecker(self.trust)

        def check(entry_id: str, encoded: bytes, leaf: bytes) -> None:
            checker.check(entry_id, encoded, decode_leaf(leaf))

        ports = SequencerPorts(
            entries=self.entries(),
            certificates=self.certificates,
            heads=HeadTable("log"),
            files=LogBucket("log"),
            anchors=AnchorBucket("anchors"),
            index=self.index,
            signer=self.signer,
            clock=self.clock,
            check=check,
        )
        items = aws.client("dynamodb").scan(TableName="entries")["Items"]
        assert Sequencer(ORIGIN, ports).integrate([i["entry_id"]["S"] for i in items]).refused == {}

    def verified(self, folder: Path) -> Report:
        """The log as an auditor copies it, verified."""
        self.integrate()
        s3 = aws.client("s3")
        for item in s3.list_objects_v2(Bucket="log")["Contents"]:
            if item["Key"].startswith(("tile/", "checkpoint")):
                put(folder / item["Key"], s3.get_object(Bucket="log", Key=item["Key"])["Body"].read())
        items = aws.client("dynamodb").scan(TableName="entries")["Items"]
        for name, entry in self.entries().get_many([i["entry_id"]["S"] for i in items]).items():
            if entry.erased is None:
                put(folder / "statements" / f"{name}.json", entry.envelope)
        return verify_log(LogCopy(folder), self.trust)


@pytest.fixture
def plane() -> Iterator[Plane]:
    with moto_aws(*(spec.name for spec in TABLES)):
        yield Plane()


@dataclass
class Place:
    """Bytes that lie somewhere."""

    where: str
    data: bytes


def everything() -> Iterator[Place]:
    """Every item of every table and every version of every object, unpacked where that is possible."""
    dynamodb, s3 = aws.client("dynamodb"), aws.client("s3")
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                yield from unpacked(f"{table} {sorted(item)}", json.dumps(item, default=text).encode())
                for value in item.values():
                    if isinstance(value.get("B"), bytes):
                        yield from unpacked(f"{table} {sorted(item)}", value["B"])
    for bucket in BUCKETS:
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
            found = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
            yield from unpacked(f"{bucket} {version['Key']}", found["Body"].read())


def unpacked(where: str, data: bytes) -> Iterator[Place]:
    yield Place(where, data)
    try:
        yield Place(where, zlib.decompress(data))
    except zlib.error:
        return


def text(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def holding(word: str) -> list[str]:
    word = word.casefold()
    return [place.where for place in everything() if word in place.data.decode("utf-8", "replace").casefold()]


def test_after_an_erasure_no_store_holds_the_person_and_the_log_still_verifies(
    plane: Plane, tmp_path: Path
) -> None:
    """Octocat asked for one action, approved another and is named in a third."""
    erased = [plane.act("octocat", "ann"), plane.act("bob", "octocat"), plane.act("bob", "ann", "Octocat")]
    plane.act("bob", "ann")
    plane.integrate()
    before = plane.verified(tmp_path / "before")
    assert (before.faults, before.erased, before.statements) == (0, 0, 12)
    assert {place.split()[0] for place in holding("octocat")} == {"actions", "approvals", "subjects"}
    ref = plane.vault.lookup("octocat") or ""
    assert len(plane.vault.members(ref)) == 3
    assert "index" in {place.split()[0] for place in holding(Node(Kind.ACTOR, "octocat").digest)}
    wrapped = aws.client("dynamodb").get_item(
        TableName="subjects", Key={"pk": {"S": ref}, "sk": {"S": "key"}}
    )["Item"]["wrapped"]["B"]
    plane.clock.forward(seconds=61)

    record = plane.erase(ref)

    assert record.outcome is not None
    assert record.outcome.status is Status.SUCCEEDED
    assert holding("octocat") == []
    assert [place.where for place in everything() if wrapped in place.data] == []
    assert plane.vault.read(ref) == replace(
        plane.vault.read(ref) or pytest.fail("no key"), state=KeyState.ERASED, person=None, entries=3
    )
    after = plane.verified(tmp_path / "after")
    assert (after.faults, after.erased, after.statements) == (0, 3, 13)
    assert holding("bob") != []
    graph = holding(Node(Kind.ACTOR, "octocat").digest)
    assert {place.split()[0] for place in graph} <= {"log"}  # staged batches, which expire
    assert all(place.startswith("log staging/") for place in graph)
    shown = plane.actions.get(erased[0].action.id)
    assert shown is not None
    assert (shown.outcome and shown.outcome.status, shown.action.name) == (Status.SUCCEEDED, "act")


def test_what_readers_get_of_an_erased_entry(plane: Plane) -> None:
    action = plane.act("octocat", "ann").action
    plane.integrate()
    plane.clock.forward(seconds=61)
    ref = plane.vault.lookup("octocat") or ""
    [entry_id] = [member.entry_id for member in plane.vault.members(ref)]
    digest = plane.entries().get_many([entry_id])[entry_id]
    plane.erase(ref)
    plane.integrate()
    found = plane.entries().get_many([entry_id])[entry_id]
    assert found.erased is not None
    assert (found.erased.by, found.envelope, found.subjects) == (f"{ref}.erasure", b"", ())
    assert digest.envelope
    assert plane.index.find([(f"{ref}.erasure", f"{ref}.erasure")])
    listed = plane.index.page(hour_edge(NOW), -1, 50)
    assert [entry.entry_id for entry in listed if entry.erased] == [entry_id]
    about = plane.index.page(subject_edge(action.target.subject_digest()), -1, 50)
    assert entry_id not in [entry.entry_id for entry in about]
    assert about  # the outcome is about the same task, and about nobody


def test_a_retried_statement_adopts_what_is_left_of_an_erased_one(plane: Plane) -> None:
    action = plane.act("octocat", "ann").action
    plane.integrate()
    plane.clock.forward(seconds=61)
    plane.erase(plane.vault.lookup("octocat") or "")
    adopted = plane.recorder("backlog").get(f"{action.id}.intent")
    assert adopted is not None
    assert (adopted.payload, len(adopted.payload_sha256), adopted.fresh) == ({}, 64, False)


@pytest.mark.parametrize("scope", [EVERYTHING, "ref"])
def test_a_hold_is_checked_in_the_transaction_that_destroys(plane: Plane, scope: str) -> None:
    plane.act("octocat", "ann")
    vault, ref = plane.vault, plane.vault.lookup("octocat") or ""
    hold = Hold("case-1", ref if scope == "ref" else scope, NOW, "act-1")
    vault.place(hold)
    vault.place(hold)  # a repeat holds once
    with pytest.raises(ConflictError, match="held"):
        vault.fence(ref, "act-2", NOW)
    vault.lift("case-1", "act-3")
    vault.lift("case-1", "act-3")
    vault.fence(ref, "act-2", NOW)
    vault.fence(ref, "act-other", NOW)
    vault.place(replace(hold, id="case-2"))
    with pytest.raises(ConflictError, match="held"):
        vault.destroy(ref, 1)
    assert [one.id for one in vault.holds()] == ["case-2"]
    vault.lift("case-2", "act-4")
    vault.destroy(ref, 1)
    vault.destroy(ref, 1)
    vault.finish(ref, 1)
    vault.finish(ref, 1)
    [done] = vault.erasures()
    assert (done.state, done.action, done.entries) == (KeyState.ERASED, "act-2", 1)
    assert vault.members(ref) == []
    with pytest.raises(ConflictError):
        vault.place(replace(hold, action="act-9"))
    with pytest.raises(NotFoundError):
        vault.lift("case-1", "act-9")


def test_batches_of_a_key_are_read_marked_and_forgotten(plane: Plane) -> None:
    for number in range(3):
        plane.act("octocat", "ann", f"build {number}")
    vault, ref = plane.vault, plane.vault.lookup("octocat") or ""
    names = [member.entry_id for member in vault.members(ref)]
    assert [member.entry_id for member in vault.page(ref, "", 2)] == names[:2]
    assert [member.entry_id for member in vault.page(ref, names[1], 2)] == names[2:]
    assert vault.page(ref, names[-1], 2) == []
    assert vault.seals(ref, names[0].partition(".")[0])
    assert not vault.seals(ref, "act-x")
    vault.fence(ref, "act-2", NOW)
    with pytest.raises(ConflictError):
        vault.advance(ref, 1, names[0], 1)  # its key is not destroyed yet
    vault.destroy(ref, 2)
    with pytest.raises(ConflictError):
        vault.advance(ref, 2, names[1], 2)  # part 1 comes first
    vault.advance(ref, 1, names[1], 2)
    with pytest.raises(ConflictError):
        vault.advance(ref, 1, names[1], 2)
    vault.advance(ref, 2, names[2], 1)
    vault.forget(ref, vault.page(ref, "", 2))
    vault.forget(ref, vault.page(ref, "", 2))
    assert vault.members(ref) == []
    key = vault.read(ref)
    assert key is not None
    assert (key.part, key.parts, key.after, key.done) == (2, 2, names[2], 3)
    assert plane.ports().records.opened() == []


def test_retention_moves_on_day_by_day(plane: Plane) -> None:
    vault, day = plane.vault, NOW.date()
    assert vault.expired_until(ACTION) is None
    for number in (0, 2, 1, 0):
        vault.expire(ACTION, day + timedelta(days=number))
    assert vault.expired_until(ACTION) == day + timedelta(days=1)
