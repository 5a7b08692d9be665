"""Requests that are wrong get a problem document that names the field; what breaks inside stays inside."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from pydantic import BaseModel

from tests.support.http import routed
from writ.contracts.errors import ConflictError, NotFoundError, TransientError, WritError
from writ.runtime.rest import MAX_BODY_BYTES, MAX_DEPTH, Api, Request, Response


class Order(BaseModel, extra="forbid", strict=True):
    count: int


api = Api("probe")


@api.post("/v1/orders")
def _order(request: Request) -> Response:
    return Response({"count": request.parse(Order).count, "by": request.caller.id}, 201)


@api.get("/v1/orders")
def _orders(request: Request) -> dict[str, int]:
    return {"limit": request.integer("limit", 20, low=1, high=100)}


@api.get("/v1/faults/{name}")
def _fault(request: Request) -> None:
    faults: dict[str, Exception] = {
        "absent": NotFoundError("no such thing", field="name"),
        "clash": ConflictError("somebody was faster"),
        "stale": WritError("changed since you read it", code="precondition_failed", field="If-Match"),
        "down": TransientError("table: ThrottlingException"),
        "bug": RuntimeError("password=hunter2"),
    }
    raise faults[request.path["name"]]


@api.get("/v1/health", public=True)
def _health(request: Request) -> dict[str, str]:
    return {"status": "ok", "mail": "ann@example.com"}


def _call(
    method: str, path: str, body: str = "", *, sub: str | None = "ann", query: dict[str, str] | None = None
) -> tuple[int, Any, dict[str, Any]]:
    claims = {"sub": sub} if sub else {}
    event = {
        "version": "2.0",
        "rawPath": path,
        "headers": {"Content-Type": "application/json"},
        "queryStringParameters": query,
        "requestContext": {
            "http": {"method": method, "path": path},
            "stage": "$default",
            "authorizer": {"jwt": {"claims": claims}},
        },
        "body": body,
        "isBase64Encoded": False,
    }
    answer = api.handler(routed(api, event), None)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def test_a_good_request_is_answered_with_what_the_route_returns() -> None:
    status, body, headers = _call("POST", "/v1/orders", '{"count": 3}')
    assert (status, body) == (201, {"count": 3, "by": "ann"})
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ("", "contract.not_json", "body"),
        ("{", "contract.not_json", "body"),
        ('{"count": NaN}', "contract.not_json", "body"),
        ("[" * 200_000, "contract.not_json", "body"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "contract.invalid", "body"),
        ("[]", "contract.invalid", "body"),
        ("{}", "contract.missing_field", "count"),
        ('{"count": "3"}', "contract.invalid", "count"),
        ('{"count": 3, "extra": 1}', "contract.invalid", "extra"),
    ],
)
def test_a_bad_body_is_a_problem_that_names_the_field(body: str, code: str, field: str) -> None:
    status, problem, headers = _call("POST", "/v1/orders", body)
    assert (status, problem["status"]) == (400, 400)
    assert (problem["code"], problem.get("field")) == (code, field)
    assert headers["Content-Type"] == "application/problem+json"


def test_a_body_over_the_limit_is_too_large() -> None:
    status, problem, _ = _call("POST", "/v1/orders", json.dumps({"count": 1, "pad": "x" * MAX_BODY_BYTES}))
    assert (status, problem["field"]) == (413, "body")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1e3", "ten", "٣", "9" * 5000])
def test_a_number_out_of_bounds_is_named(limit: str) -> None:
    status, problem, _ = _call("GET", "/v1/orders", query={"limit": limit})
    assert (status, problem["field"]) == (400, "limit")


@pytest.mark.parametrize(
    ("name", "status"), [("absent", 404), ("clash", 409), ("stale", 412), ("down", 503), ("bug", 500)]
)
def test_errors_have_the_status_of_their_code(name: str, status: int) -> None:
    assert _call("GET", f"/v1/faults/{name}")[0] == status


def test_what_breaks_inside_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    _, problem, _ = _call("GET", "/v1/faults/bug")
    assert "hunter2" not in json.dumps(problem)
    assert "hunter2" not in capsys.readouterr().out
    assert "Throttling" not in json.dumps(_call("GET", "/v1/faults/down")[1])


def test_no_route_is_not_found() -> None:
    assert _call("GET", "/v1/nowhere")[:2][0] == 404


def test_a_guarded_route_wants_a_verified_caller_and_a_public_one_does_not() -> None:
    assert _call("GET", "/v1/orders", sub=None)[0] == 401
    status, body, _ = _call("GET", "/v1/health", sub=None)
    assert status == 200
    assert "ann@example.com" not in json.dumps(body)


def test_a_binary_body_arrives_as_its_bytes() -> None:
    event = {
        "version": "2.0",
        "routeKey": "POST /v1/orders",
        "rawPath": "/v1/orders",
        "headers": {},
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/orders"},
            "stage": "$default",
            "authorizer": {"jwt": {"claims": {"sub": "ann"}}},
        },
        "body": base64.b64encode(b'{"count": 1}').decode(),
        "isBase64Encoded": True,
    }
    assert api.handler(event, None)["statusCode"] == 201
    assert api.handler({**event, "body": "***"}, None)["statusCode"] == 400
