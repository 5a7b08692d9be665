"""The local environment on an endpoint of somebody else's: found by its health, refused with what to do."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from cli.local import elsewhere
from cli.output import CommandError

DEPLOYED = {"api_id": "00077217", "api_url": "http://id.execute-api.localhost.localstack.cloud:4566/"}
THERE = "http://127.0.0.1:4566"
BY_PATH = f"{THERE}/_aws/execute-api/00077217"


def found(well: Callable[[str], bool]) -> str:
    def answer(request: httpx.Request) -> httpx.Response:
        url = str(request.url).removesuffix("/v1/health")
        if request.url.host != "127.0.0.1" and not well(url):
            raise httpx.ConnectError("no such host", request=request)
        return httpx.Response(200 if well(url) else 404)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        return elsewhere.api_url(client, THERE, DEPLOYED)


@pytest.mark.parametrize(
    "url", ["http://id.execute-api.localhost.localstack.cloud:4566", BY_PATH, f"{BY_PATH}/$default"]
)
def test_the_api_is_found_where_it_is_well(url: str) -> None:
    assert found(lambda tried: tried == url) == url


def test_an_api_that_answers_nowhere_is_an_error_that_says_where_it_was_looked_for() -> None:
    with pytest.raises(CommandError) as raised:
        found(lambda _: False)
    assert BY_PATH in raised.value.message


def test_an_endpoint_where_nothing_answers_is_told_before_anything_is_synthesized() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(CommandError) as raised:
        elsewhere.up(THERE, lambda *_: None, httpx.MockTransport(away))
    assert (raised.value.code, raised.value.field) == ("plane.down", "WRIT_AWS_ENDPOINT")


@pytest.mark.parametrize(
    ("value", "expected"), [(None, None), ("", None), (f"{THERE}/", THERE), (THERE, THERE)]
)
def test_the_endpoint_is_the_environments(
    monkeypatch: pytest.MonkeyPatch, value: str | None, expected: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("WRIT_AWS_ENDPOINT", raising=False)
    else:
        monkeypatch.setenv("WRIT_AWS_ENDPOINT", value)
    assert elsewhere.endpoint() == expected
