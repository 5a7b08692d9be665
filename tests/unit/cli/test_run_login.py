"""A job signs in as its run: by a token that the forge gives, for the address that is called and no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import api as api_module
from cli.api import Api
from cli.output import CommandError
from cli.plane import Plane, RunFile
from cli.release.releases import _environment
from cli.run_login import VARIABLES, RunLogin

URL, BEARER = "https://forge.example/tokens?api-version=2.0", "job-secret"
ADDRESS = "https://api.example/plane"

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WRIT_TOKEN", raising=False)
    for name, value in zip(VARIABLES, (URL, BEARER), strict=True):
        monkeypatch.setenv(name, value)


def login(answer: Answer) -> RunLogin:
    return RunLogin(ADDRESS, URL, BEARER, httpx.MockTransport(answer))


def test_a_token_is_asked_for_once_and_anew_when_it_was_refused() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"value": f"token-{len(asked)}"})

    made = login(answer)
    assert [made.token(), made.token(), made.token(fresh=True)] == ["token-1", "token-1", "token-2"]
    assert dict(asked[0].url.params) == {"api-version": "2.0", "audience": ADDRESS}
    assert asked[0].headers["Authorization"] == f"bearer {BEARER}"
    assert BEARER not in repr(made)
    assert "token-2" not in repr(made)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(403, json={"message": "no"}),
        httpx.Response(200, text="not JSON"),
        httpx.Response(200, json=["value"]),
        httpx.Response(200, json={"value": ""}),
        httpx.Response(200, json={}),
    ],
)
def test_no_token_is_an_error(response: httpx.Response) -> None:
    with pytest.raises(CommandError) as raised:
        login(lambda _: response).token()
    assert (raised.value.code, raised.value.field) == ("login.refused", VARIABLES[0])
    assert BEARER not in str(raised.value)


def test_a_forge_that_does_not_answer_is_an_error() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(CommandError, match="does not answer"):
        login(answer).token()


def made_for(monkeypatch: pytest.MonkeyPatch, file: RunFile) -> tuple[str, Any]:
    """The address and the login of the API of a plane."""
    seen: list[tuple[str, Any]] = []
    monkeypatch.setattr(api_module.Api, "__init__", lambda _, url, login: seen.append((url, login)))
    Api.of(Plane(file))
    (found,) = seen
    return found


def test_a_job_at_an_address_comes_in_by_the_door_for_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    url, login = made_for(monkeypatch, RunFile.of_api(f"{ADDRESS}/"))
    assert url == f"{ADDRESS}/workflows"
    assert isinstance(login, RunLogin)
    assert login.audience == ADDRESS


def test_a_token_that_is_given_is_a_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRIT_TOKEN", "mine")
    url, login = made_for(monkeypatch, RunFile.of_api(ADDRESS))
    assert (url, login.token()) == (ADDRESS, "mine")


def test_the_plane_of_this_checkout_takes_its_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    file = RunFile(api_url=ADDRESS, region="us-east-1", bus_name="writ-local", log_origin="log")
    url, login = made_for(monkeypatch, file)
    assert url == ADDRESS
    assert not isinstance(login, RunLogin)


@pytest.mark.parametrize("missing", VARIABLES)
def test_without_the_right_there_is_nobody_to_sign_in_as(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(CommandError) as raised:
        Api.of(Plane(RunFile.of_api(ADDRESS)))
    assert raised.value.code == "login.absent"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(404, json={"message": "Not Found"}), "login.not_served"),
        (httpx.Response(404, json={"code": "not_found", "detail": "there is no such release"}), "not_found"),
        (httpx.Response(403, json={"code": "forbidden", "detail": "no"}), "forbidden"),
    ],
)
def test_a_plane_that_serves_no_runs_is_told_from_a_thing_that_is_not_there(
    answer: httpx.Response, code: str
) -> None:
    run = login(lambda _: httpx.Response(200, json={"value": "token"}))
    transport = httpx.MockTransport(lambda _: answer)
    with Api(f"{ADDRESS}/workflows", run, transport) as api, pytest.raises(CommandError) as raised:
        api.get("v1/releases/rel-1")
    assert raised.value.code == code


def test_a_build_is_not_handed_what_it_is_reported_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRIT_TOKEN", "mine")
    assert not {name for name in _environment() if name.startswith(("WRIT_", "ACTIONS_ID_TOKEN"))}
    assert "PATH" in _environment()


def test_nothing_of_a_run_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    login(lambda _: httpx.Response(200, json={"value": "token"})).token()
    assert not list(tmp_path.iterdir())
