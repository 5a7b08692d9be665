"""The REST client: tokens, pages, ETags, and problem documents as errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from cli.api import Api
from cli.login import Login
from cli.output import CommandError, UsageError

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WRIT_TOKEN", raising=False)


def api(folder: Path, answer: Answer, fetch: Callable[[], str] = lambda: "token") -> Api:
    return Api("http://plane/api", Login(folder / "token.json", fetch), httpx.MockTransport(answer))


def test_a_request_carries_the_token_and_what_is_given_of_the_query(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"ok": True})

    with api(tmp_path, answer) as client:
        assert client.get("/v1/backlog", owner="platform", status=None) == {"ok": True}
    assert str(asked[0].url) == "http://plane/api/v1/backlog?owner=platform"
    assert asked[0].headers["Authorization"] == "Bearer token"


def test_a_refused_token_is_fetched_anew_once(tmp_path: Path) -> None:
    tokens = iter(["old", "new", "newer"])

    def answer(request: httpx.Request) -> httpx.Response:
        good = request.headers["Authorization"] == "Bearer new"
        return httpx.Response(200 if good else 401, json={})

    with api(tmp_path, answer, lambda: next(tokens)) as client:
        assert client.get("v1/bots") == {}
    assert next(tokens) == "newer"


def test_a_token_that_is_refused_twice_is_an_error(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(401, json={"message": "Unauthorized"})

    with api(tmp_path, answer) as client, pytest.raises(CommandError) as raised:
        client.get("v1/bots")
    assert (raised.value.code, raised.value.message) == ("http.401", "401: Unauthorized")
    assert len(asked) == 2


@pytest.mark.parametrize(("status", "kind"), [(400, UsageError), (404, CommandError), (409, CommandError)])
def test_a_problem_document_becomes_an_error(tmp_path: Path, status: int, kind: type[CommandError]) -> None:
    problem = {"code": "task.unknown", "field": "id", "detail": "there is no such task"}
    with (
        api(tmp_path, lambda _: httpx.Response(status, json=problem)) as client,
        pytest.raises(CommandError) as raised,
    ):
        client.post("v1/backlog/x/score", {"method": "rice"})
    error = raised.value
    assert type(error) is kind
    assert (error.code, error.field, error.message) == (
        "task.unknown",
        "id",
        f"{status}: there is no such task",
    )


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"[1]"])
def test_any_other_failure_still_has_code_and_reason(tmp_path: Path, body: bytes) -> None:
    with (
        api(tmp_path, lambda _: httpx.Response(502, content=body)) as client,
        pytest.raises(CommandError) as raised,
    ):
        client.get("v1/bots")
    assert (raised.value.code, raised.value.message) == ("http.502", "502: Bad Gateway")


def test_a_plane_that_does_not_answer_says_what_to_do(tmp_path: Path) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with api(tmp_path, away) as client, pytest.raises(CommandError) as raised:
        client.get("v1/bots")
    assert (raised.value.code, raised.value.hint) == ("plane.down", "make run")


def test_a_list_is_read_page_by_page_up_to_its_limit(tmp_path: Path) -> None:
    asked: list[tuple[str, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        start = int(query.get("cursor", "0"))
        asked.append((query["limit"], query.get("cursor")))
        items = [{"id": number} for number in range(start, start + int(query["limit"]))]
        return httpx.Response(200, json={"items": items, "next_cursor": str(start + len(items))})

    with api(tmp_path, answer) as client:
        assert [item["id"] for item in client.items("v1/backlog", 250)] == list(range(250))
    assert asked == [("100", None), ("100", "100"), ("50", "200")]


def test_a_list_ends_where_there_is_no_further_page(tmp_path: Path) -> None:
    page = {"items": [{"id": 1}], "next_cursor": None}
    with api(tmp_path, lambda _: httpx.Response(200, json=page)) as client:
        assert list(client.items("v1/backlog", 1000)) == [{"id": 1}]


def test_a_change_names_the_version_it_is_of(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(204)

    with api(tmp_path, answer) as client:
        assert client.patch("v1/backlog/x", {"effort": 2}, version='"3"') is None
    assert asked[0].headers["If-Match"] == '"3"'
    assert json.loads(asked[0].content) == {"effort": 2}
