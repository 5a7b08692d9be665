"""The routes of a concern behind an HTTP client: what a gateway and a function do, without either."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx

from tests.support.http import request, routed
from writ.runtime.rest import Api

BASE = "https://api.writ.example"
TOKEN = "a-token"

Fault = Callable[[httpx.Request], httpx.Response | None]


class RoutedTransport(httpx.BaseTransport):
    """Answers by the routes of an API whoever has the token; `fault` may answer in their place.

    `asked` keeps the path and query of every request that came.
    """

    def __init__(self, api: Api, fault: Fault = lambda _request: None) -> None:
        self._api = api
        self.fault = fault
        self.asked: list[str] = []

    def handle_request(self, asked: httpx.Request) -> httpx.Response:
        target = asked.url.raw_path.decode()
        self.asked.append(target)
        if (instead := self.fault(asked)) is not None:
            return instead
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return httpx.Response(401, json={"message": "Unauthorized"})
        event: dict[str, Any] = request(asked.method, target, headers=dict(asked.headers))
        answer = self._api.handler(routed(self._api, event), None)
        body = answer["body"]
        content = base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()
        return httpx.Response(answer["statusCode"], headers=answer["headers"], content=content)
