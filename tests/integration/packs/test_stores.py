"""Jobs over DynamoDB, packs and links over S3, by moto."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from functions.packs.job import Job, Made, Place, Sealed
from functions.packs.table import JobTable
from functions.packs.vault import VaultBucket
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.contracts.errors import ConflictError
from writ.ledger.question import Question

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
JOB = Job(
    pack="pack-" + "0" * 32,
    question=Question.of(name="release:1.2.0", since=NOW).document(),
    note="log.writ.example\n5\nAAAA\n\n\u2014 log.writ.example AAAA\n",
    by="Ann",
    asked_at=NOW,
)


@pytest.fixture
def account() -> Iterator[None]:
    with moto_aws("packs"):
        aws.client("s3").create_bucket(Bucket="packs")
        yield


@pytest.mark.usefixtures("account")
def test_job_reads_back_through_every_state() -> None:
    jobs = JobTable("packs")
    assert jobs.get(JOB.pack) is None
    jobs.start(JOB)
    assert jobs.get(JOB.pack) == JOB
    part = JOB.after(parts=(Made(statements=250, following=Place(edge=3, index=700)),))
    sealed = part.after(sealed=Sealed(sha256="a" * 64, bytes=12, at=NOW))
    for before, after in ((JOB, part), (part, sealed)):
        jobs.replace(before, after)
        assert jobs.get(JOB.pack) == after
    assert sealed.following == Place(edge=3, index=700)


@pytest.mark.usefixtures("account")
def test_job_is_started_once_and_changed_only_as_it_was_read() -> None:
    jobs = JobTable("packs")
    jobs.start(JOB)
    with pytest.raises(ConflictError):
        jobs.start(JOB)
    jobs.replace(JOB, JOB.after(by="Bob"))
    with pytest.raises(ConflictError):
        jobs.replace(JOB, JOB.after(by="Eve"))
    kept = jobs.get(JOB.pack)
    assert kept is not None
    assert kept.by == "Bob"


@pytest.mark.usefixtures("account")
def test_vault_reads_back_what_was_written_and_none_otherwise() -> None:
    vault = VaultBucket("packs")
    assert vault.read("packs/none.zip") is None
    for data in (b"PK\x03\x04", b"PK\x03\x04"):
        vault.write("packs/a.zip", data)
        assert vault.read("packs/a.zip") == data


@pytest.mark.usefixtures("account")
def test_link_hands_the_pack_out_under_its_name_and_expires() -> None:
    vault = VaultBucket("packs")
    vault.write("packs/a.zip", b"PK\x03\x04")
    link = vault.link("packs/a.zip", "pack-a.zip", timedelta(minutes=15))
    signed = parse_qs(urlsplit(link).query)
    assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert signed["X-Amz-Expires"] == ["900"]
    answer = requests.get(link, timeout=5)
    assert answer.content == b"PK\x03\x04"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="pack-a.zip"'
