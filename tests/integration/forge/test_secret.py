"""What the forge knows the plane by, from a secret that an operator stored."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.forge_secret import LIFETIME_S, ForgeSecret
from writ.contracts.errors import PermanentError

TOKEN = "github_pat_0123456789abcdefghijABCDEFGHIJ"
PEM = "-----BEGIN RSA PRIVATE KEY-----\n" + "A" * 64 + "\n-----END RSA PRIVATE KEY-----\n"
APP = {"app": "Iv23abc", "private_key": PEM}


@pytest.fixture(autouse=True)
def account() -> Iterator[None]:
    with moto_aws():
        yield


def store(text: str) -> None:
    client = aws.client("secretsmanager")
    if client.list_secrets()["SecretList"]:
        client.put_secret_value(SecretId="forge", SecretString=text)
    else:
        client.create_secret(Name="forge", SecretString=text)


def test_credentials_are_read_once_a_minute() -> None:
    store(json.dumps({"token": TOKEN}))
    now = 0.0
    secret = ForgeSecret("forge", clock=lambda: now)
    first = secret.read()
    assert first.token is not None
    assert first.token.get_secret_value() == TOKEN
    store(json.dumps({**APP, "api": "http://127.0.0.1:99"}))
    assert secret.read() == first
    now = LIFETIME_S
    assert (secret.read().app, secret.read().api) == ("Iv23abc", "http://127.0.0.1:99")


@pytest.mark.parametrize(
    "text",
    ["x", TOKEN, "{}", '{"token": "short"}', json.dumps({"token": TOKEN + "\r\nX-Other: 1"}),
     json.dumps({"token": TOKEN + " two"}), json.dumps({"token": TOKEN, **APP}),
     json.dumps({"app": "Iv23abc"}),
     json.dumps({"private_key": PEM}),
     json.dumps({**APP, "private_key": "x" * 99}),
     json.dumps({**APP, "app": "a/b"}), json.dumps({"token": TOKEN, "api": "http://github.example"})],
)  # fmt: skip
def test_what_are_no_credentials_is_refused_without_quoting_it(text: str) -> None:
    store(text)
    with pytest.raises(PermanentError, match=r"secret\.invalid") as refused:
        ForgeSecret("forge").read()
    assert TOKEN not in str(refused.value)
    assert "AAAA" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_secret_that_was_made_and_never_filled_says_so() -> None:
    aws.client("secretsmanager").create_secret(Name="forge")
    with pytest.raises(PermanentError, match=r"secret\.missing"):
        ForgeSecret("forge").read()


def test_secret_that_is_not_there_is_missing() -> None:
    with pytest.raises(PermanentError, match=r"secret\.missing"):
        ForgeSecret("forge").read()
