"""An audit over the REST API of a log in DynamoDB and S3: what it checks, what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cli.ledger import api_copy
from cli.ledger.api_copy import fetched
from cli.login import TOKEN_VARIABLE
from cli.output import Output
from cli.progress import Bars
from functions.evidence import api as routes
from tests.support.api_plane import BASE, TOKEN, RoutedTransport
from tests.support.log_forge import NOW, an_action, an_intent, an_outcome, stamp
from tests.support.moto_aws import moto_aws
from tests.unit.evidence.conftest import Log
from writ.adapters import aws
from writ.adapters.certificate_table import CertificateTable
from writ.adapters.entry_table import EntryTable
from writ.adapters.index_table import IndexTable
from writ.adapters.log_bucket import ANCHORS, AnchorBucket, LogBucket
from writ.ledger.findings import Report
from writ.ledger.verify import verify_log

ACTIONS = 12
LATER: datetime = NOW + timedelta(hours=3)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """24 leaves in three commits, with an anchor of each, and the root beside the certificates."""
    with moto_aws("entries", "index", "certificates"):
        for name in ("log", "anchors"):
            aws.client("s3").create_bucket(Bucket=name)
        stores: dict[str, Any] = {
            "entries": EntryTable("entries"),
            "index": IndexTable("index"),
            "certificates": CertificateTable("certificates"),
            "files": LogBucket("log"),
            "anchors": AnchorBucket("anchors"),
        }
        log = Log(**stores)
        log.certificates.put_root(1, log.forge.root.public_bytes(Encoding.PEM))
        names: list[str] = []
        for number in range(ACTIONS):
            action = an_action(number)
            intent = log.tell(an_intent(action), logged=False)
            ended = an_outcome(action, intent, stamp(seed=str(number)))
            names += [intent.entry, log.tell(ended, logged=False).entry]
            if number in (2, 5, ACTIONS - 1):
                log.sequencer.integrate(names)
                names = []
        monkeypatch.setattr(routes, "connect", lambda: log.ports)
        yield log


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(api_copy, "COPIES", tmp_path)
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)


def audited(log: Log) -> Report:
    transport = RoutedTransport(routes.api)
    with Bars(Output(as_json=True)) as bars, fetched(BASE, bars, LATER, transport=transport) as found:
        assert found.live
        return verify_log(found.copy, log.forge.trust)


@pytest.mark.usefixtures("place")
def test_audit_over_the_api_passes_and_knows_every_certificate(log: Log) -> None:
    report = audited(log)
    assert (report.ok, report.statements) == (True, 2 * ACTIONS)
    assert report.certificates.issued == report.certificates.used == 2 * ACTIONS
    first = log.anchors.notes("", 2)
    rest = log.anchors.notes(first[-1][0], 2)
    assert [int(name[:20]) for name, _ in [*first, *rest]] == [6, 12, 2 * ACTIONS]


@pytest.mark.usefixtures("place")
def test_flipped_byte_in_the_bucket_is_named_at_its_leaf(log: Log) -> None:
    path = f"tile/entries/000.p/{2 * ACTIONS}"
    data = bytearray(log.files.read(path) or b"")
    data[100] ^= 1
    aws.client("s3").put_object(Bucket="log", Key=path, Body=bytes(data))
    found = {(finding.code, finding.index) for finding in audited(log).findings}
    assert ("leaf.mismatch", 0) in found
    assert {index for _, index in found if index} == set()


@pytest.mark.usefixtures("place")
def test_flipped_byte_of_a_stored_statement_is_named_at_its_leaf(log: Log) -> None:
    entry = log.index.page(f"hour#{NOW:%Y%m%d%H}", 8, 1)[0]
    key = {"entry_id": {"S": entry.entry_id}}
    table = aws.client("dynamodb")
    data = bytearray(table.get_item(TableName="entries", Key=key)["Item"]["payload"]["B"])
    data[10] ^= 1
    table.update_item(
        TableName="entries",
        Key=key,
        UpdateExpression="SET payload = :data",
        ExpressionAttributeValues={":data": {"B": bytes(data)}},
    )
    named = {(finding.index, finding.entry) for finding in audited(log).findings}
    assert named == {(entry.index, entry.entry_id)}


@pytest.mark.usefixtures("place")
def test_anchored_checkpoint_of_another_history_is_named(log: Log) -> None:
    name = f"{5:020d}-{'0' * 64}"
    note = log.forge.note(5, bytes(32))
    aws.client("s3").put_object(Bucket="anchors", Key=ANCHORS + name, Body=note)
    [finding] = audited(log).findings
    assert finding.code == "root.mismatch"
    assert "5" in finding.message


def test_certificates_of_a_table_come_page_by_page(log: Log) -> None:
    found: list[str] = []
    after: str | None = None
    pages = 0
    while True:
        page, after = log.certificates.issued(after, 10)
        assert len(page) <= 10
        found += [name for name, _ in page]
        pages += 1
        if after is None:
            break
    assert pages >= 3
    assert len(found) == len(set(found)) == 2 * ACTIONS
