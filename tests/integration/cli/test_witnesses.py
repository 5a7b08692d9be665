"""What operators do with witnesses: watch logs, choose whom the log asks, look at both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.ledger.witnesses import Site, Watched, introduce, log_keys
from cli.output import CommandError
from cli.plane import Plane
from tests.support.ed25519_kms import add_ed25519_key
from tests.support.log_forge import ORIGIN, Forge
from tests.support.moto_aws import moto_aws
from tests.support.witnesses import log_key, note_key
from writ.adapters import aws
from writ.adapters.watched_table import WatchedTable
from writ.ledger.errors import VerificationError
from writ.ledger.logcopy import WITNESS_POLICY
from writ.ledger.note import KeyType
from writ.ledger.witness_policy import Policy
from writ.ports.witness import SeenHead, WatchedLog

BUCKET = "writ-test-log"
NAME = "witness.writ.example/test"
URL = "https://w.example/v1/witness"


class Functions:
    """The configuration of functions."""

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:
        variables = {
            "writ-test-sequencer": {"WRIT_LOG_ORIGIN": ORIGIN},
            "writ-test-witness-witness-api": {"WRIT_WITNESS_NAME": NAME},
        }
        return {"Environment": {"Variables": variables[FunctionName]}}


def clients(service: str) -> Any:
    return Functions() if service == "lambda" else aws.client(service)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A log with its keys, and a witness beside it that knows nothing yet."""
    with moto_aws("watched"):
        _rename_table()
        aws.client("s3").create_bucket(Bucket=BUCKET)
        for alias in ("alias/writ-test-log", "alias/writ-test-note"):
            made = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
            aws.client("kms").create_alias(AliasName=alias, TargetKeyId=made["KeyMetadata"]["KeyId"])
        add_ed25519_key("alias/writ-test-note")
        add_ed25519_key("alias/writ-test-witness-witness")
        plane = SimpleNamespace(
            file=SimpleNamespace(env="test"),
            aws=clients,
            bucket=lambda name: f"writ-test-{name}",
        )
        monkeypatch.setattr(Plane, "load", lambda: plane)
        yield Site("test-witness", clients)


def _rename_table() -> None:
    """The table under its physical name."""
    dynamodb = aws.client("dynamodb")
    found = dynamodb.describe_table(TableName="watched")["Table"]
    dynamodb.create_table(
        TableName="writ-test-witness-watched",
        KeySchema=found["KeySchema"],
        AttributeDefinitions=found["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
    )


def stored() -> bytes:
    data: bytes = aws.client("s3").get_object(Bucket=BUCKET, Key=WITNESS_POLICY)["Body"].read()
    return data


def writ(*words: str) -> Result:
    return CliRunner().invoke(app, ["witness", *words], env={"COLUMNS": "200"})


def test_a_log_signs_with_two_keys_where_it_has_a_second(site: Site) -> None:
    first, second = log_keys(clients, "test", ORIGIN)
    assert (first.type, second.type) == (KeyType.ECDSA, KeyType.ED25519)
    aws.client("kms").delete_alias(AliasName="alias/writ-test-note")
    assert log_keys(clients, "test", ORIGIN) == (first,)


def test_a_plane_and_its_witness_know_each_other_once_introduced(site: Site) -> None:
    introduce(clients, "test", BUCKET, URL)
    keys = log_keys(clients, "test", ORIGIN)
    [watched] = site.watched()
    assert watched == Watched(ORIGIN, tuple(key.encode() for key in keys), None, None)
    policy = Policy.parse(stored())
    assert policy.logs == (keys[1],)
    [known] = policy.witnesses.values()
    assert (known.key, known.url) == (site.verifier(), URL)
    assert policy.is_met_by({"witness"})
    assert not policy.is_met_by(set())


def test_a_policy_that_somebody_chose_is_kept(site: Site) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key=WITNESS_POLICY, Body=b"quorum none\n")
    introduce(clients, "test", BUCKET, URL)
    assert stored() == b"quorum none\n"


def test_watching_replaces_the_keys_of_a_log_and_keeps_what_was_seen(site: Site) -> None:
    first, second = log_key(Forge()), log_key(Forge())
    site.watch([first])
    table = WatchedTable("writ-test-witness-watched")
    table.advance(ORIGIN, None, SeenHead(7, b"\x01" * 32))
    site.watch([second])
    assert table.read(ORIGIN) == WatchedLog((second.encode(),), SeenHead(7, b"\x01" * 32))
    assert next(site.watched()).size == 7


def test_an_operator_watches_a_log_by_its_keys_and_sees_it(site: Site) -> None:
    key = log_key(Forge())
    assert writ("watch", key.encode()).stdout == f"watching {ORIGIN}\n"
    document = json.loads(writ("show", "--json").stdout)
    assert document["name"] == NAME
    assert document["logs"] == [{"origin": ORIGIN, "keys": [key.encode()], "size": None, "root": None}]
    assert ORIGIN in writ("show").stdout


def test_what_is_no_key_is_refused_and_nothing_is_watched(site: Site) -> None:
    refused = writ("watch", log_key(Forge()).encode(), "nonsense", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["error"]["code"] == "ledger.key"
    assert list(site.watched()) == []


def test_the_logs_operator_chooses_whom_it_asks(site: Site, tmp_path: Path) -> None:
    assert json.loads(writ("policy", "--json").stdout)["error"]["code"] == "witness.none"
    file = tmp_path / "policy"
    key = site.verifier()
    text = f"# ours\nwitness w {key.encode()} {URL}\nquorum w\n"
    file.write_text(text)
    assert writ("policy", str(file)).exit_code == 0
    assert stored().decode() == text
    assert writ("policy").stdout == text
    assert json.loads(writ("policy", "--json").stdout)["quorum"] == "w"


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("quorum w\n", "ledger.policy", "line 1"),
        ("witness w KEY http://w.example\nquorum w\n", "witness.url", "url"),
        ("witness w KEY\nquorum w\n", "witness.url", "url"),
    ],
)
def test_a_policy_that_cannot_work_changes_nothing(
    site: Site, tmp_path: Path, text: str, code: str, field: str
) -> None:
    file = tmp_path / "policy"
    file.write_text(text.replace("KEY", site.verifier().encode()))
    refused = json.loads(writ("policy", str(file), "--json").stdout)["error"]
    assert (refused["code"], refused["field"]) == (code, field)
    assert writ("policy", str(tmp_path / "nowhere")).exit_code == 2
    with pytest.raises(aws.client("s3").exceptions.NoSuchKey):
        stored()


def test_a_witness_that_is_not_there_is_one_clear_error(site: Site) -> None:
    aws.client("dynamodb").delete_table(TableName="writ-test-witness-watched")
    with pytest.raises(CommandError, match="reading what the witness watches: ResourceNotFoundException"):
        list(site.watched())


def test_keys_of_several_logs_are_told_apart(site: Site) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    other = note_key(Ed25519PrivateKey.generate(), "other.example")
    site.watch([other, log_key(Forge())])
    assert [log.origin for log in site.watched()] == [ORIGIN, "other.example"]
    with pytest.raises(VerificationError):
        Policy.parse(f"witness w {other.encode()}\nquorum w\n".encode())
