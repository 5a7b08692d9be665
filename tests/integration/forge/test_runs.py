"""Tokens of runs as the local forge gives them, read as an authorizer reads those of any issuer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from cli.localforge.runs import RUN_TOKENS, job_variables, vouch
from cli.localforge.server import LocalServer
from cli.output import CommandError
from cli.run_login import RunLogin

ADDRESS = "http://127.0.0.1:4566/plane"


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[LocalServer]:
    server = LocalServer(tmp_path, 0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def verified(forge: LocalServer, token: str, audience: str = ADDRESS) -> dict[str, Any]:
    """By the keys that its configuration names."""
    told = httpx.get(f"{forge.address}/.well-known/openid-configuration").json()
    key = jwt.PyJWKClient(told["jwks_uri"]).get_signing_key_from_jwt(token)
    found: dict[str, Any] = jwt.decode(
        token, key, algorithms=["RS256"], audience=audience, issuer=told["issuer"]
    )
    return found


def test_a_job_gets_a_token_that_says_which_run_it_is_of(
    forge: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in job_variables(forge.address, "acme/shop", 77, "c" * 40).items():
        monkeypatch.setenv(name, value)
    login = RunLogin.here(ADDRESS)
    assert login is not None
    claims = verified(forge, login.token())
    told = {name: claims[name] for name in ("repository", "repository_owner", "run_id", "sha")}
    assert told == {
        "repository": "acme/shop", "repository_owner": "acme", "run_id": "77", "sha": "c" * 40,
    }  # fmt: skip
    assert claims["exp"] - claims["iat"] == 300
    with pytest.raises(jwt.InvalidAudienceError):
        verified(forge, login.token(), "https://another.example")


def test_a_run_that_is_not_said_whole_gets_none(forge: LocalServer) -> None:
    assert httpx.get(forge.address + RUN_TOKENS, params={"repository": "acme/shop"}).status_code == 422


def test_the_key_stays_over_a_stop(tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        server = LocalServer(tmp_path, 0)
        keys.append(server.runs.answer("/.well-known/jwks", "", server.forge.now()))
        server.server_close()
    assert keys[0] == keys[1]
    assert (tmp_path / "runs.pem").stat().st_mode & 0o077 == 0


@dataclass
class Gateway:
    """The APIs of an account with their authorizers, as far as they are asked about here."""

    apis: dict[str, str]
    authorizers: dict[str, list[dict[str, Any]]]

    def get_apis(self) -> dict[str, Any]:
        return {"Items": [{"ApiId": id, "Name": name} for id, name in self.apis.items()]}

    def get_authorizers(self, ApiId: str) -> dict[str, Any]:
        return {"Items": self.authorizers[ApiId]}

    def update_authorizer(self, ApiId: str, AuthorizerId: str, JwtConfiguration: Any) -> None:
        (found,) = (item for item in self.authorizers[ApiId] if item["AuthorizerId"] == AuthorizerId)
        found["JwtConfiguration"] = JwtConfiguration


def test_an_api_is_told_whom_to_believe_about_runs_and_about_nobody_else() -> None:
    before = {"Issuer": "https://forge.writ.example", "Audience": ["x"]}
    authorizers = {
        id: [
            {"AuthorizerId": name.lower(), "Name": name, "JwtConfiguration": before}
            for name in ("Operators", "Workflows")
        ]
        for id in ("1", "2")
    }
    gateway = Gateway({"1": "writ-dev-api", "2": "writ-local-api"}, authorizers)
    vouch({"apigatewayv2": gateway}.__getitem__, "writ-local-api", "http://127.0.0.1:1", ADDRESS)
    changed = [
        (id, item["Name"])
        for id, of in authorizers.items()
        for item in of
        if item["JwtConfiguration"] != before
    ]
    assert changed == [("2", "Workflows")]
    assert authorizers["2"][1]["JwtConfiguration"] == {"Issuer": "http://127.0.0.1:1", "Audience": [ADDRESS]}


def test_an_api_without_that_door_is_an_error() -> None:
    with pytest.raises(CommandError, match="takes no tokens of runs"):
        vouch({"apigatewayv2": Gateway({}, {})}.__getitem__, "writ-local-api", "http://127.0.0.1:1", ADDRESS)
