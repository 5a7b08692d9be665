"""Tokens: kept for as long as they are good, readable by their owner only."""

from __future__ import annotations

import json
import stat
from base64 import urlsafe_b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.login import Login, claims, expiry, sign_in, sign_in_as
from cli.output import CommandError
from cli.plane import Plane
from tests.support.commands import commanding, shown
from writ.runtime.rest import Api as RestApi

NOW = 1_700_000_000.0


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WRIT_TOKEN", raising=False)


def token(expires: object, name: str = "t") -> str:
    claims = urlsafe_b64encode(json.dumps({"exp": expires, "jti": name}).encode()).decode().rstrip("=")
    return f"head.{claims}.signature"


class Cognito:
    """Hands out a token an hour good, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return token(NOW + 3600, str(self.count))


def login(folder: Path, fetch: Cognito, now: float = NOW) -> Login:
    return Login(folder / "deep" / "token.json", fetch, lambda: now)


def test_whoever_holds_a_token_is_told_his_id_and_his_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"sub": "8f3e2c1a", "username": "ann", "exp": NOW}
    payload = urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    writ = commanding(monkeypatch, tmp_path, RestApi("none"))
    plane = SimpleNamespace(file=SimpleNamespace(env="local"))
    monkeypatch.setattr(Plane, "load", classmethod(lambda _cls: plane))
    monkeypatch.setenv("WRIT_TOKEN", f"head.{payload}.signature")
    assert shown(writ("whoami", "--json")) == {"id": "8f3e2c1a", "name": "ann"}
    assert "8f3e2c1a" in writ("whoami").stdout
    monkeypatch.setenv("WRIT_TOKEN", "nonsense")
    refused = writ("whoami")
    assert (refused.exit_code, "login.unnamed" in refused.stderr) == (1, True)


@pytest.mark.parametrize("text", ["", "a.b", "a.bnVsbA.c", "a.W10.c", "a.e30.c"])
def test_what_is_no_token_says_nothing_and_is_over(text: str) -> None:
    assert (claims(text), expiry(text)) == ({}, 0.0)


def test_a_token_is_fetched_once_and_kept(tmp_path: Path) -> None:
    fetch = Cognito()
    first = login(tmp_path, fetch).token()
    assert login(tmp_path, fetch, NOW + 3000).token() == first
    assert fetch.count == 1


def test_a_token_about_to_expire_is_not_handed_out(tmp_path: Path) -> None:
    fetch = Cognito()
    first = login(tmp_path, fetch).token()
    assert login(tmp_path, fetch, NOW + 3600 - 61).token() == first
    assert login(tmp_path, fetch, NOW + 3600 - 60).token() != first
    assert fetch.count == 2


def test_a_refused_token_is_replaced_in_the_cache(tmp_path: Path) -> None:
    fetch = Cognito()
    login(tmp_path, fetch).token()
    fresh = login(tmp_path, fetch).token(fresh=True)
    assert login(tmp_path, fetch).token() == fresh
    assert fetch.count == 2


def test_the_cache_is_for_its_owner_only(tmp_path: Path) -> None:
    one = login(tmp_path, Cognito())
    one.token()
    assert stat.S_IMODE(one.cache.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"token": 7}', '{"token": "no.jwt"}'])
def test_a_cache_that_does_not_read_is_no_cache(tmp_path: Path, text: str) -> None:
    fetch = Cognito()
    one = login(tmp_path, fetch)
    one.cache.parent.mkdir()
    one.cache.write_text(text)
    assert expiry(one.token()) == NOW + 3600
    assert fetch.count == 1


def test_a_token_of_the_environment_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = Cognito()
    monkeypatch.setenv("WRIT_TOKEN", "mine")
    assert login(tmp_path, fetch).token(fresh=True) == "mine"
    assert fetch.count == 0


@pytest.mark.parametrize("text", ["", "a.b", "a.!!!.c", "a.e30.c", token("soon"), token(None), token([1])])
def test_what_is_no_token_has_expired(text: str) -> None:
    assert expiry(text) == 0.0


def plane(answer: dict[str, Any]) -> Any:
    vault = SimpleNamespace(
        get_secret_value=lambda SecretId: {
            "SecretString": json.dumps({"username": SecretId, "password": "p"})
        }
    )
    cognito = SimpleNamespace(initiate_auth=lambda **asked: answer | {"asked": asked})
    services = {"secretsmanager": vault, "cognito-idp": cognito}
    file = SimpleNamespace(user_pool_client_id="client")
    return SimpleNamespace(aws=services.__getitem__, thing=lambda name: f"writ-local-{name}", file=file)


def test_signing_in_takes_the_access_token() -> None:
    assert sign_in(plane({"AuthenticationResult": {"AccessToken": "access", "IdToken": "id"}})) == "access"


def test_a_second_factor_is_named_with_the_way_around() -> None:
    with pytest.raises(CommandError) as raised:
        sign_in(plane({"ChallengeName": "SOFTWARE_TOKEN_MFA"}))
    assert "SOFTWARE_TOKEN_MFA" in raised.value.message
    assert "WRIT_TOKEN" in str(raised.value.hint)


def test_people_are_made_up_on_the_local_plane_only() -> None:
    plane: Any = SimpleNamespace(file=SimpleNamespace(env="prod"))
    with pytest.raises(CommandError) as refused:
        sign_in_as(plane, "maria")
    assert (refused.value.code, refused.value.field) == ("login.not_local", "name")
