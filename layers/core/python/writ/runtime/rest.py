"""REST routes: requests in, JSON or a problem document (RFC 9457) out, never a stack trace."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from writ.contracts.errors import ContractError, NotFoundError, WritError, from_validation
from writ.contracts.redaction import redact, redact_text
from writ.runtime import access, telemetry, tracing
from writ.runtime.doors import Door, entered
from writ.runtime.problems import PROBLEM, PROBLEM_BASE, TITLES, status_of

if TYPE_CHECKING:
    from writ.runtime.workflow_run import WorkflowRun

WHOLE: Final = "api"  # every request counts for its concern and for the API as a whole
JSON: Final = "application/json"
MAX_BODY_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, from the claims that the authorizer has verified; `run` where it is a run of a workflow."""

    id: str
    name: str
    claims: Mapping[str, Any] = field(default_factory=dict)
    run: WorkflowRun | None = None

    @property
    def kind(self) -> str:
        """What the caller is to policy and evidence."""
        return "person" if self.run is None else "run"

    @property
    def shown(self) -> str:
        """The name as others may read it: without personal data, 128 characters at most."""
        return redact_text(self.name)[:128]


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in lower case."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    caller: Caller
    request_id: str

    def json(self) -> Any:
        """The body as JSON. Raises ContractError for anything else, or nesting beyond `MAX_DEPTH`."""
        if len(self.raw) > MAX_BODY_BYTES:
            raise ContractError(f"the body is over {MAX_BODY_BYTES} bytes", code="too_large", field="body")
        try:
            value = json.loads(self.raw, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise ContractError("the body is not JSON", code="contract.not_json", field="body") from None
        _check_depth(value)
        return value

    def parse(self, model: type[_ModelT]) -> _ModelT:
        """The body as a model. Raises ContractError that names the field."""
        value = self.json()
        try:
            return model.model_validate(value)
        except ValidationError as error:
            problem = from_validation(error, "body")
            raise ContractError(problem.message, code=problem.code, field=problem.field or "body") from None

    def only(self, names: Sequence[str], kind: str = "parameter") -> None:
        """Refuse query parameters of other names. Raises ContractError that names the first."""
        if unknown := sorted(set(self.query) - set(names)):
            raise ContractError(f"no such {kind}; there are {', '.join(names)}", field=unknown[0])

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        """A query parameter between bounds. Raises ContractError that names it."""
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not low <= int(text[:10]) <= high:
            raise ContractError(f"{name} is a number from {low} to {high}", field=name)
        return int(text)

    def page(self, names: Sequence[str]) -> tuple[Sequence[str], str | None]:
        """The page of a list that is asked for, by the names of its items, and the cursor of the next page.

        The cursor is the last name of a page. Raises ContractError that names the parameter.
        """
        self.only(("cursor", "limit"))
        limit, start = self.integer("limit", 100, low=1, high=100), 0
        if (cursor := self.query.get("cursor")) is not None:
            if cursor not in names:
                raise ContractError("the cursor is not one that this list returned", field="cursor")
            start = names.index(cursor) + 1
        page = names[start : start + limit]
        return page, page[-1] if start + limit < len(names) else None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; `body` is JSON-ready unless it is bytes."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON


_ModelT = TypeVar("_ModelT", bound=BaseModel)
Route = Callable[[Request], Any]


class Api:
    """The routes of one concern.

    API Gateway has chosen the route by the time a function is called, and its authorizer has verified the
    caller for that very route. It is taken as chosen: a second router could only come to another answer.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

    Examples
    --------
    >>> api = Api("backlog")
    >>> @api.get("/v1/backlog/{id}")
    ... def show(request: Request) -> Response: ...
    >>> handler = api.handler
    """

    def __init__(self, service: str) -> None:
        self.service = service
        self._routes: dict[str, tuple[Route, bool]] = {}

    @property
    def routes(self) -> tuple[str, ...]:
        """The route keys, such as `GET /v1/backlog/{id}`."""
        return tuple(self._routes)

    def function_of(self, key: str) -> Route:
        """What answers a route. Raises KeyError."""
        return self._routes[key][0]

    def get(self, path: str, *, public: bool = False) -> Callable[[Route], Route]:
        return self.route("GET", path, public=public)

    def post(self, path: str, *, public: bool = False) -> Callable[[Route], Route]:
        return self.route("POST", path, public=public)

    def patch(self, path: str) -> Callable[[Route], Route]:
        return self.route("PATCH", path)

    def delete(self, path: str) -> Callable[[Route], Route]:
        return self.route("DELETE", path)

    def route(self, method: str, path: str, *, public: bool = False) -> Callable[[Route], Route]:
        """Register a route; `{name}` in the path becomes `request.path["name"]`.

        Every route but a public one asks policy about the caller, behind the authorizer that verified him.
        """

        def register(function: Route) -> Route:
            self._routes[f"{method} {path}"] = (function, public)
            return function

        return register

    def handler(self, event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG002
        """Lambda entry for HTTP API payload format 2.0."""
        door, key = entered(event.get("routeKey", ""))
        log = telemetry.logger(self.service)
        with tracing.request(self.service, key, event) as span:
            try:
                response = self._answer(door, key, event)
            except WritError as error:
                response = problem(error)
                if response.status >= 500:  # the caller is told no more than the code
                    log.error("request failed", code=error.code, reason=error.message)
            except Exception as error:  # the outermost boundary: the caller never sees what went wrong inside
                log.exception("request failed", error=type(error).__name__)
                response = problem(WritError("something went wrong on our side", code="internal"))
            tracing.answered(span, response.status, response.body)
        log.info("request", route=key, door=door, status=response.status)
        counts = {"Requests": 1, "RequestsFailed": int(response.status >= 500)}
        for counted in (self.service, WHOLE):
            telemetry.emit(counted, counts)
        telemetry.finished(self.service)
        return _encode(response)

    def _answer(self, door: Door, key: str, event: Mapping[str, Any]) -> Response:
        if key not in self._routes:
            raise NotFoundError("no such route")
        function, public = self._routes[key]
        request = _request(event, door)
        if not public:
            access.require(request.caller.claims, key, door)
        result = function(request)
        return result if isinstance(result, Response) else Response(result)


def problem(error: WritError, more: Mapping[str, Any] | None = None) -> Response:
    """The problem document of an error (RFC 9457), with further members of its own.

    Details of what is not the caller's fault stay inside.
    """
    status = status_of(error.code)
    body: dict[str, Any] = {
        "type": PROBLEM_BASE + error.code,
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": error.message if status < 500 else TITLES[status],
        "code": error.code,
    }
    if error.field:
        body["field"] = error.field
    body |= more or {}
    headers = {"Retry-After": "5"} if status in (429, 503) else {}
    return Response(body, status, headers, PROBLEM)


def _encode(response: Response) -> dict[str, Any]:
    body = response.body
    binary = isinstance(body, bytes)
    if isinstance(body, bytes):
        body = base64.b64encode(body).decode()
    elif not isinstance(body, str):
        body = "" if body is None else json.dumps(redact(body), default=str, separators=(",", ":"))
    headers = {"Content-Type": response.content_type, "Cache-Control": "no-store", **response.headers}
    return {"statusCode": response.status, "headers": headers, "body": body, "isBase64Encoded": binary}


def _request(event: Mapping[str, Any], door: Door) -> Request:
    context = event.get("requestContext") or {}
    claims = ((context.get("authorizer") or {}).get("jwt") or {}).get("claims") or {}
    return Request(
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers={key.lower(): value for key, value in (event.get("headers") or {}).items()},
        raw=_body(event),
        caller=_caller(claims, door),
        request_id=str(context.get("requestId", "")),
    )


def _caller(claims: Mapping[str, Any], door: Door) -> Caller:
    if door == "workflows":
        from writ.runtime.workflow_run import WorkflowRun  # most callers are people

        run = WorkflowRun.of(claims)
        return Caller(str(run), str(run), claims, run)
    id = str(claims.get("sub") or claims.get("username") or "anonymous")
    return Caller(id, str(claims.get("username") or claims.get("cognito:username") or id), claims)


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode()
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise ContractError("the body is not Base64", field="body") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise ContractError(f"the body is nested deeper than {MAX_DEPTH}", field="body")
