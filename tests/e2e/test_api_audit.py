"""An audit over the REST API by somebody who has a token of the plane and no credentials of its account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.ledger import api_copy
from cli.ledger.copying import size_of
from cli.local.replay import webhooks
from cli.login import TOKEN_VARIABLE
from tests.e2e.conftest import SAMPLES, Person, World
from writ.ledger.tiles import ENTRIES, tiles_of


@pytest.fixture
def audit(world: World, operator: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """What `writ ledger audit` of the API says, in JSON, with nothing of AWS at hand."""
    monkeypatch.setattr(api_copy, "COPIES", tmp_path)
    assert operator.token is not None
    given = {TOKEN_VARIABLE: operator.token, "WRIT_SEEN": str(tmp_path / "seen.json")}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> dict[str, Any]:
        state = ["--state", str(tmp_path / "a.db"), "--jobs", "1", "--json"]
        address = world.plane.file.api_url
        result = CliRunner().invoke(app, ["ledger", "audit", address, *state, *words], env=given)
        assert result.stdout, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return {**found, "exit": result.exit_code}

    return run


def test_audit_over_the_api_passes_and_finds_what_a_copy_says(world: World, audit: Any) -> None:
    world.send(*webhooks([SAMPLES]))
    report = world.verified()
    found = audit()
    assert (found["exit"], found["ok"], found["findings"]) == (0, True, [])
    assert found["size"] >= report.checkpoint.size
    assert found["statements"] + found["erased"] == found["size"]
    assert found["certificates"]["issued"] >= found["certificates"]["used"] > 0


def test_flipped_byte_in_the_bucket_is_named(world: World, audit: Any) -> None:
    world.settle()
    s3, bucket = world.plane.aws("s3"), world.plane.bucket("log")
    size = size_of(s3.get_object(Bucket=bucket, Key="checkpoint")["Body"].read())
    path = next(tiles_of(ENTRIES, size)).path
    whole = s3.get_object(Bucket=bucket, Key=path)["Body"].read()
    damaged = bytearray(whole)
    damaged[100] ^= 1
    s3.put_object(Bucket=bucket, Key=path, Body=bytes(damaged))
    try:
        found = audit()
    finally:
        s3.put_object(Bucket=bucket, Key=path, Body=whole)
    assert found["exit"] == 1
    assert {finding["index"] for finding in found["findings"] if finding["code"] == "leaf.mismatch"} == {0}
    assert audit()["ok"]
