"""The control plane's REST API as a logged-in operator, or as the run of a workflow."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self

import httpx

from cli.login import TOKEN_VARIABLE, Login
from cli.output import CommandError, UsageError
from cli.plane import BY_ADDRESS, Plane
from cli.run_login import RunLogin
from writ.runtime.doors import WORKFLOWS

_TIMEOUT_S: Final = 30.0
_RETRIES: Final = 3


class Api:
    """JSON in, JSON out; a problem document becomes an error with its code and field.

    `transport` stands in for the network in tests.
    """

    def __init__(
        self, base_url: str, login: Login | RunLogin, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._login = login
        self._as_run = isinstance(login, RunLogin)
        self._client = httpx.Client(
            base_url=base_url.rstrip("/") + "/",
            timeout=_TIMEOUT_S,
            transport=transport or httpx.HTTPTransport(retries=_RETRIES),
        )

    @classmethod
    def of(cls, plane: Plane) -> Api:
        """As the person whose token is given or kept; else, at an address alone, as the run it is."""
        url = plane.file.api_url.rstrip("/")
        asks_as_run = plane.file.env == BY_ADDRESS and not os.environ.get(TOKEN_VARIABLE)
        if asks_as_run and (run := RunLogin.here(url)) is not None:
            return cls.of_run(run)
        return cls(url, Login.of(plane))

    @classmethod
    def of_run(cls, run: RunLogin) -> Api:
        """As a run of a workflow, at the address that its tokens are meant for."""
        return cls(run.audience + WORKFLOWS, run)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, **query: object) -> Any:
        """The body of an answer. Raises CommandError for a problem document, UsageError for a 400."""
        return self.request("GET", path, query=query).json()

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return _body(self.request("POST", path, body=body))

    def delete(self, path: str, **query: object) -> Any:
        return self.request("DELETE", path, query=query).json()

    def patch(self, path: str, body: Mapping[str, Any], *, version: str) -> Any:
        """Change a thing that is still at `version`, its ETag."""
        return _body(self.request("PATCH", path, body=body, headers={"If-Match": version}))

    def items(self, path: str, limit: int, **query: object) -> Iterator[dict[str, Any]]:
        """Up to `limit` items of a list, page by page."""
        cursor: str | None = None
        taken = 0
        while taken < limit:
            page = self.get(path, limit=min(limit - taken, 100), cursor=cursor, **query)
            for item in page["items"][: limit - taken]:
                yield item
                taken += 1
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request, with a fresh token when the old one is refused."""
        response = self._ask(method, path, query, body, headers)
        if response.is_success:
            return response
        if (
            self._as_run
            and response.status_code == httpx.codes.NOT_FOUND
            and not _problem(response).get("code")
        ):
            raise CommandError(
                "the plane lets no run of a workflow call this",
                code="login.not_served",
                field=TOKEN_VARIABLE,
                hint="set it, or have the plane serve this repository: workflows in stacks/settings.py",
            )
        raise refusal(response)

    def find(self, path: str, query: Mapping[str, object]) -> bytes | None:
        """The bytes of an answer; None where there is nothing under this path (404)."""
        response = self._ask("GET", path, query, None, None)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if response.is_success:
            return response.content
        raise refusal(response)

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Response:
        given = {name: str(value) for name, value in (query or {}).items() if value is not None}
        for fresh in (False, True):
            token = self._login.token(fresh=fresh)
            response = self._send(
                method,
                path.lstrip("/"),
                params=given,
                json=body,
                headers={"Authorization": f"Bearer {token}", **(headers or {})},
            )
            if response.status_code != httpx.codes.UNAUTHORIZED:
                break
        return response

    def _send(self, method: str, path: str, **rest: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **rest)
        except httpx.TransportError as error:
            raise CommandError(
                f"the API does not answer ({type(error).__name__})", code="plane.down", hint="make run"
            ) from None


def refusal(response: httpx.Response) -> CommandError:
    """The error for an answer that is not a success (RFC 9457 where the plane wrote it)."""
    problem = _problem(response)
    message = str(problem.get("detail") or problem.get("message") or response.reason_phrase)
    kind = UsageError if response.status_code == httpx.codes.BAD_REQUEST else CommandError
    field = problem.get("field")
    return kind(
        f"{response.status_code}: {message}",
        code=str(problem.get("code") or f"http.{response.status_code}"),
        field=None if field is None else str(field),
    )


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _body(response: httpx.Response) -> Any:
    return response.json() if response.content else None
