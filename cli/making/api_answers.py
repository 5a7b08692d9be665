"""The responses of a route in the OpenAPI document: successes with their headers, problems by their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from writ.runtime.problems import PROBLEM, TITLES, status_of

if TYPE_CHECKING:
    from cli.making.api_routes import Described
    from cli.making.api_schemas import Schemas

# API Gateway answers these itself, before a function is asked:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
_GATEWAY: Final = (401, 403, 429, 503)
_ANYONE: Final = ("contract.*", "internal", "dependency.*")
_CALLERS: Final = ("authentication.missing", "forbidden")
# A command is refused by policy or a limit, or for what its effect found: it keeps that code.
_COMMANDS: Final = (
    "action.busy",
    "conflict",
    "conflict.*",
    "effect.failed",
    "forbidden.*",
    "limit.*",
    "not_found",
    "not_found.*",
    "policy.*",
)
_BODIES: Final = ("too_large",)
_SUCCESSES: Final = {200: "Done", 201: "Made", 202: "Accepted: it goes on, or waits for a second person"}


def codes_of(route: Described) -> set[str]:
    """Every code that a problem of a route may have."""
    operation = route.operation
    found = {*_ANYONE, *operation.errors}
    found |= set() if route.public else set(_CALLERS)
    found |= set(_COMMANDS) if operation.acts else set()
    return found | (set(_BODIES) if operation.body is not None else set())


def responses(route: Described, schemas: Schemas) -> dict[str, Any]:
    """The responses by status, in its order."""
    operation = route.operation
    made: dict[int, dict[str, Any]] = {}
    for status in {*operation.status, *([202] if operation.acts else [])}:
        made[status] = _success(route, status, schemas)
    if operation.if_none_match:
        made[304] = {"description": "Not modified", "headers": {"ETag": _text("The same ETag")}}
    for status in {*map(_status, codes_of(route)), 429}:
        made[status] = {"$ref": f"#/components/responses/{_name(status)}"}
    for status, (_, media) in operation.others.items():
        schema = schemas.other(route.key, status)
        own = {kind: {"schema": schema} for kind in media}
        problem = problems(schemas)[_name(status)] if status in made else {}
        content = {**own, **problem.get("content", {})}
        made[status] = {"description": TITLES[status], **problem, "content": content}
    return {str(status): made[status] for status in sorted(made)}


def problems(schemas: Schemas) -> dict[str, Any]:
    """The response of each status that is a problem, by name."""
    return {_name(status): _problem(status, schemas) for status in sorted(TITLES)}


def _success(route: Described, status: int, schemas: Schemas) -> dict[str, Any]:
    operation = route.operation
    headers: dict[str, Any] = {}
    waits = operation.acts and status == 202
    if operation.etag and not waits:
        headers["ETag"] = _text("The version of what is answered")
    if operation.acts:
        headers["Writ-Action"] = _text("The action that was taken, where one was")
    if status in operation.located or waits:
        headers["Location"] = _text("Where it can be followed")
    content = {kind: {"schema": schemas.answer(route.key, status)} for kind in operation.media}
    shown = {"headers": headers} if headers else {}
    return {"description": _SUCCESSES[status], **shown, "content": content}


def _problem(status: int, schemas: Schemas) -> dict[str, Any]:
    content = {PROBLEM: {"schema": schemas.problem}}
    if status in _GATEWAY:
        content["application/json"] = {"schema": schemas.message}
    made: dict[str, Any] = {"description": TITLES[status], "content": content}
    if status in (429, 503):
        seconds = {"description": "Seconds to wait", "schema": {"type": "integer"}}
        made["headers"] = {"Retry-After": seconds}
    return made


def _status(code: str) -> int:
    return status_of(code.removesuffix(".*"))


def _name(status: int) -> str:
    return "".join(word.capitalize() for word in TITLES[status].split())


def _text(words: str) -> dict[str, Any]:
    return {"description": words, "schema": {"type": "string"}}
