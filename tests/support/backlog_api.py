"""The REST routes of the backlog, called as API Gateway calls them, on ports in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from functions.backlog.api import api
from tests.support.http import routed
from tests.support.tasks import Plane

DRAFT: dict[str, Any] = {
    "title": "Renew the certificate",
    "owner": "platform",
    "frequency": {"count": 2, "per": "month"},
    "minutes_each": 45,
    "effort": 3,
}


class Caller:
    """Calls the routes as API Gateway does."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        raw: str | None = None,
    ) -> SimpleNamespace:
        event = {
            "version": "2.0",
            "rawPath": path,
            "headers": dict(headers or {}),
            "queryStringParameters": dict(query) if query else None,
            "body": raw if raw is not None else None if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": "r-1",
                "stage": "$default",
                "http": {"method": method, "path": path},
                "authorizer": {"jwt": {"claims": {"sub": "s-1", "username": "operator"}}},
            },
        }
        answer = api.handler(routed(api, event), SimpleNamespace())
        parsed = json.loads(answer["body"]) if answer.get("body") else None
        return SimpleNamespace(status=answer["statusCode"], body=parsed, headers=answer["headers"])


def added(call: Caller, **changes: Any) -> Any:
    """The answer to a task that was put on the list."""
    answer = call("POST", "/v1/backlog", {**DRAFT, **changes})
    assert answer.status == 201, answer.body
    return answer
