"""The keys that an operator sees, by the ids that retire them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.plane import Plane
from tests.support.log_forge import NOW, Forge
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.log_bucket import LogBucket
from writ.contracts.statement import rfc3339
from writ.ledger.checkpoint import key_id, log_verifier
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.note import KeyType, VerifierKey
from writ.ledger.trust import Retired

OLD, NEW = Forge(), Forge()
ENDED = NOW - timedelta(days=300)
TRUST = replace(NEW.trust, retired=Retired(log_keys=((OLD.trust.log_key, ENDED),)))


@pytest.fixture(autouse=True)
def plane(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    found: Any = SimpleNamespace(aws=aws.client, bucket=lambda name: f"writ-test-{name}")
    monkeypatch.setattr(Plane, "load", lambda: found)
    with moto_aws():
        aws.client("s3").create_bucket(Bucket="writ-test-log")
        yield


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["ledger", "keys", *words], env={"COLUMNS": "60"})
    return done.exit_code, done.output


def test_keys_are_listed_with_their_ids_and_ends() -> None:
    LogBucket("writ-test-log").create(TRUST_ROOT, TRUST.encode())
    status, shown = run("--json")
    logs = [key for key in json.loads(shown)["keys"] if key["kind"] == "log"]
    assert status == 0
    assert logs == [
        {
            "kind": "log",
            "id": key_id(key).hex(),
            "end": end,
            "verifier_key": log_verifier(TRUST.origin, key).encode(),
        }
        for key, end in ((NEW.trust.log_key, None), (OLD.trust.log_key, rfc3339(ENDED)))
    ]


def test_verifier_keys_are_whole_on_a_line_each_and_read_back(tmp_path: Path) -> None:
    second = VerifierKey(TRUST.origin, KeyType.ED25519, bytes(range(32)))
    file = tmp_path / "trust.json"
    file.write_bytes(replace(TRUST, note_key=second).encode())
    status, shown = run("--trust", str(file))
    assert status == 0
    lines = [line.split() for line in shown.splitlines()]
    read = [VerifierKey.parse(line[1]) for line in lines if line and "+" in line[-1]]
    logs = [log_verifier(TRUST.origin, key) for key in (NEW.trust.log_key, OLD.trust.log_key)]
    assert read == [*logs, second]


def test_trust_root_from_a_file_needs_no_plane(tmp_path: Path) -> None:
    (tmp_path / "trust.json").write_bytes(TRUST.encode())
    status, shown = run("--json", "--trust", str(tmp_path / "trust.json"))
    assert (status, [key["kind"] for key in json.loads(shown)["keys"]]) == (0, ["ca", "ct", "log", "log"])


def test_log_without_a_trust_root_says_so() -> None:
    status, shown = run()
    assert status != 0
    assert "no trust root yet" in shown
