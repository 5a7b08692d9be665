"""A copy that lies in a bucket is audited like one in a folder."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.ledger.bucket_copy import BucketCopy, open_bucket
from cli.output import UsageError
from tests.bench.large_log import write_log
from tests.support.moto_aws import moto_aws

SIZE = 300
BUCKET = "writ-copies"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("log")
    write_log(made, SIZE)
    return made


@pytest.fixture(autouse=True)
def bucket(folder: Path) -> Iterator[None]:
    with moto_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        for path in folder.rglob("*"):
            if path.is_file():
                key = f"logs/one/{path.relative_to(folder).as_posix()}"
                s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
        yield


def audit(place: str, tmp_path: Path) -> Result:
    words = ["ledger", "audit", place, "--json", "--jobs", "1", "--state", str(tmp_path / "audit.db")]
    return CliRunner().invoke(app, words)


def test_copy_in_a_bucket_gives_the_report_of_the_folder(folder: Path, tmp_path: Path) -> None:
    there, here = audit(f"s3://{BUCKET}/logs/one", tmp_path), audit(str(folder), tmp_path)
    assert there.exit_code == 0, there.output
    found, expected = json.loads(there.stdout), json.loads(here.stdout)
    assert found.pop("copy") == f"s3://{BUCKET}/logs/one/"
    assert expected.pop("copy") == str(folder)
    assert found == expected
    assert found["size"] == SIZE
    words = ["ledger", "verify", f"s3://{BUCKET}/logs/one", "--json", "--seen", str(tmp_path / "seen.json")]
    verified = CliRunner().invoke(app, words)
    assert verified.exit_code == 0, verified.output
    assert json.loads(verified.stdout) == json.loads(there.stdout)


def test_what_is_missing_in_a_bucket_is_named(tmp_path: Path) -> None:
    boto3.client("s3").delete_object(Bucket=BUCKET, Key="logs/one/tile/0/000")
    result = audit(f"s3://{BUCKET}/logs/one/", tmp_path)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"][0]["code"] == "tile.missing"


@pytest.mark.parametrize("address", [f"s3://{BUCKET}/elsewhere", f"s3://{BUCKET}", "s3://", "s3://UPPER/x"])
def test_address_without_a_copy_is_bad_usage(address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        open_bucket(address)
    assert refused.value.field == "PATH"
    assert audit(address, tmp_path).exit_code == 2


def test_bucket_that_is_not_there_is_an_error_and_no_stack_trace(tmp_path: Path) -> None:
    result = audit("s3://nobody-has-this/x", tmp_path)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "bucket.refused"


def test_workers_make_clients_of_their_own() -> None:
    copy = BucketCopy(BUCKET, "logs/one")
    note = copy.checkpoint()
    assert pickle.loads(pickle.dumps(copy)).checkpoint() == note
