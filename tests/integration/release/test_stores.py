"""Releases over DynamoDB, their files over S3, by moto."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from functions.release.table import ReleaseTable
from functions.release.vault import VaultBucket
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.contracts.errors import ConflictError
from writ.contracts.events.releases import ReleaseFile
from writ.release.record import Ending, Planned, Record

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def record(id: str, **changes: Any) -> Record:
    about = {"repository": "acme/shop", "sha": "a" * 40, "started_at": NOW, "stage_at": NOW}
    return Record.model_validate({"id": id, **about, **changes})


@pytest.fixture(scope="module")
def stores() -> Iterator[tuple[ReleaseTable, VaultBucket]]:
    with moto_aws("releases"):
        aws.client("s3").create_bucket(Bucket="artifacts")
        yield ReleaseTable("releases"), VaultBucket("artifacts")


def test_a_package_is_held_by_one_release_until_its_end(stores: tuple[ReleaseTable, VaultBucket]) -> None:
    table, _ = stores
    one, two = (
        record("rel-20260302t100000-00000001"),
        record("rel-20260302t100000-00000002", repository="ACME/shop"),
    )
    table.start(one)
    assert table.holder("Acme/Shop", None) == one.id
    for again in (one, two):
        with pytest.raises(ConflictError, match=r"conflict\.release"):
            table.start(again)
    table.start(record("rel-20260302t100000-00000003", package="core"))
    over = one.after("act-1", {"final": "failed"}, final=Ending.FAILED)
    table.write(one, over)
    assert table.read(one.id) == over
    with pytest.raises(ConflictError):
        table.write(one, over)
    assert table.holder("acme/shop", None) is None
    table.start(two)
    with pytest.raises(ConflictError, match=r"conflict\.release"):
        table.write(over, over.after("act-2", {}, final=None))
    table.write(two, ended := two.after("act-3", {}, final=Ending.ABORTED))
    table.write(over, back := over.after("act-2", {}, final=None))
    assert table.holder("acme/shop", None) == one.id
    assert {found.id for found in table.open()} == {one.id, "rel-20260302t100000-00000003"}
    newest, rest = table.newest(2, None)
    assert ([found.id[-1] for found in newest], rest) == (["3", "2"], ended.id)
    assert table.newest(2, rest) == ([back], None)


def test_the_first_release_reads_back_as_it_was_written(stores: tuple[ReleaseTable, VaultBucket]) -> None:
    table, _ = stores
    first = record("rel-20260302t100000-00000004", package="first")
    table.start(first)
    planned = Planned(
        version="1.0.0",
        tag="v1.0.0",
        previous=None,
        bump="minor",
        prerelease=False,
        why="the first",
        notes="",
    )
    table.write(first, after := first.after("act-1", {}, planned=planned))
    assert table.read(first.id) == after


def test_what_is_kept_is_never_replaced(stores: tuple[ReleaseTable, VaultBucket]) -> None:
    _, vault = stores
    vault.keep("releases/a", b"one")
    vault.keep("releases/a", b"one")
    with pytest.raises(ConflictError, match=r"conflict\.artifact"):
        vault.keep("releases/a", b"two")
    assert (vault.read("releases/a"), vault.read("releases/b")) == (b"one", None)
    file = ReleaseFile(name="a", sha256=sha256(b"one").hexdigest(), size=3)
    assert vault.has("releases/a", file)
    assert not vault.has("releases/b", file)
    assert not vault.has("releases/a", file.model_copy(update={"size": 4}))


def test_a_link_hands_one_file_out_for_a_time(stores: tuple[ReleaseTable, VaultBucket]) -> None:
    _, vault = stores
    link = httpx.URL(vault.link("releases/c/shop.whl", "shop.whl", timedelta(minutes=1)))
    assert link.path.endswith("/releases/c/shop.whl")
    assert link.params["X-Amz-Expires"] == "60"
    assert link.params["response-content-disposition"] == 'attachment; filename="shop.whl"'


def test_an_address_is_for_one_file_with_its_digest(stores: tuple[ReleaseTable, VaultBucket]) -> None:
    _, vault = stores
    file = ReleaseFile(name="a", sha256=sha256(b"abc").hexdigest(), size=3)
    made = vault.upload("staging/x/a", file, timedelta(minutes=15))
    query = httpx.URL(made.url).params
    assert (query["X-Amz-Expires"], query["X-Amz-Algorithm"]) == ("900", "AWS4-HMAC-SHA256")
    signed = query["X-Amz-SignedHeaders"].split(";")
    assert "x-amz-checksum-sha256" in signed or "x-amz-checksum-sha256" in query
    assert "content-length" in signed
