"""Requests to GitHub's REST API through githubkit, in Writ's terms: who asks, what is new, what failed.

githubkit signs the App in and keeps its short-lived installation tokens. Its models of all of GitHub are left
alone, for they double what a first request costs; see docs/adr. It is loaded by the first request.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from writ.adapters.forge_secret import Credentials, ForgeSecret
from writ.adapters.github_limits import failure
from writ.contracts.errors import ForgeBusyError, PermanentError, TransientError, WritError
from writ.contracts.forge_site import ForgeSite
from writ.ports.clock import Clock
from writ.ports.forge_limits import ForgeLimits

if TYPE_CHECKING:
    import httpx
    from githubkit import GitHub

TIMEOUT_S: Final = 5.0
VERSION: Final = "2022-11-28"
USER_AGENT: Final = "writ"
NOT_FOUND: Final = "forge.not_found"
UNAUTHORIZED: Final = "forge.unauthorized"
_REFUSALS: Final = {
    401: (UNAUTHORIZED, "GitHub does not accept the credentials"),
    403: ("forge.forbidden", "the credentials may not do this"),
    404: (NOT_FOUND, "there is no such thing, or none that the credentials may see"),
    405: ("forge.unmergeable", "the pull request cannot be merged"),
    409: ("forge.moved", "it has changed meanwhile"),
    422: ("forge.invalid", "GitHub takes no such request"),
}
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_UNCHANGED: Final = 304
_KEPT_ANSWERS: Final = 64
_KEPT_BYTES: Final = 256 * 1024
_KEPT_CLIENTS: Final = 16
T = TypeVar("T")
Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


class _Installation(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    id: int


class CredentialSource(Protocol):
    """Where credentials are kept."""

    def read(self) -> Credentials:
        """Raises PermanentError where there are none."""


@dataclass
class GitHubClient:
    """Asks GitHub about repositories. Follows no redirect, for the credentials are meant for one host.

    While GitHub wants to be left alone it is not asked, and ForgeBusyError is raised instead.

    Parameters
    ----------
    permissions
        What an installation's token is asked for, and no more: `{"pull_requests": "write"}`.
    transport
        Stands in for the network in tests.
    limits
        Until when GitHub asked to be left alone; without, that is forgotten at once.
    """

    site: ForgeSite
    credentials: CredentialSource
    clock: Clock
    permissions: Mapping[str, str]
    transport: httpx.BaseTransport | None = None
    limits: ForgeLimits | None = None
    _signed_in: OrderedDict[str, tuple[Credentials, GitHub[Any]]] = field(default_factory=OrderedDict)
    _answers: OrderedDict[str, tuple[str, bytes]] = field(default_factory=OrderedDict)

    @property
    def app(self) -> str | None:
        """The App that it signs in as, by its number or client id; None where it signs in by a token."""
        return self.credentials.read().app

    def ask(
        self,
        repository: str,
        method: Method,
        path: str,
        form: type[T],
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        by: str | None = None,
    ) -> T:
        """The answer of `/repos/{repository}/{path}`, as `form` reads it.

        `by` is another repository, whose installation asks: for one that is public and has none of ours.
        """
        if _REPOSITORY.fullmatch(repository) is None:
            raise PermanentError("not the name of a repository", code="forge.repository", field="repository")
        place, signer = f"repos/{repository}/{path}".rstrip("/"), by or repository
        try:
            answer = self._send(signer, method, place, query, body)
        except PermanentError as error:
            if error.code != UNAUTHORIZED or self._signed_in.pop(signer, None) is None:
                raise
            answer = self._send(signer, method, place, query, body)  # by a token that is new
        return self._read(answer, form)

    @staticmethod
    def _read(answer: bytes, form: type[T]) -> T:
        try:
            reader: TypeAdapter[T] = _reader(form)  # type: ignore[arg-type]
            return reader.validate_json(answer or b"null")
        except ValidationError:
            raise TransientError("GitHub's answer does not read", code="forge.answer") from None

    def upload(
        self, repository: str, path: str, form: type[T], *, query: Mapping[str, str | int], data: bytes
    ) -> T:
        """The answer to a file that is sent, which GitHub takes at a host of its own."""
        from writ.adapters.github_uploads import uploads_of

        if _REPOSITORY.fullmatch(repository) is None:
            raise PermanentError("not the name of a repository", code="forge.repository", field="repository")
        place = f"{uploads_of(self._api(self.credentials.read()))}/repos/{repository}/{path}"
        headers = {"Content-Type": "application/octet-stream"}
        answer = self._request(
            self._github(repository), "POST", place, params=query, content=data, headers=headers
        )
        return self._read(answer.content, form)

    def find(
        self, repository: str, path: str, form: type[T], *, query: Mapping[str, str | int] | None = None
    ) -> T | None:
        """What is there, or None."""
        try:
            return self.ask(repository, "GET", path, form, query=query)
        except PermanentError as error:
            if error.code != NOT_FOUND:
                raise
            return None

    def _send(
        self,
        repository: str,
        method: Method,
        place: str,
        query: Mapping[str, str | int] | None,
        body: Mapping[str, Any] | None,
    ) -> bytes:
        github = self._github(repository)
        key = f"{place}?{query}" if method == "GET" else ""
        kept = self._answers.get(key)
        headers = {"If-None-Match": kept[0]} if kept else {}
        answer = self._request(github, method, place, params=query, json=body, headers=headers)
        if kept and answer.status_code == _UNCHANGED:
            self._answers.move_to_end(key)
            return kept[1]
        content = answer.content
        if key and (etag := answer.headers.get("etag")) and len(content) <= _KEPT_BYTES:
            self._answers[key] = (etag, content)
            while len(self._answers) > _KEPT_ANSWERS:
                self._answers.popitem(last=False)
        return content

    def _request(self, github: GitHub[Any], method: Method, place: str, **given: Any) -> httpx.Response:
        from githubkit.exception import GitHubException

        self._mind_limits()
        headers = {"X-GitHub-Api-Version": VERSION, **given.pop("headers", {})}
        try:
            url = place if place.startswith("http") else f"/{place}"
            return github.request(method, url, headers=headers, **given).raw_response
        except GitHubException as error:
            cause = error.__cause__
            if isinstance(cause, ForgeBusyError) and self.limits is not None:
                with suppress(WritError):  # what cannot be noted, GitHub says again
                    self.limits.wait(cause.until)
            if isinstance(cause, WritError):
                raise cause from None
            # Without its cause: nothing that saw the request goes to a log.
            name = type(cause or error).__name__
            raise TransientError(f"GitHub does not answer: {name}", code="forge.unavailable") from None

    def _mind_limits(self) -> None:
        until = None if self.limits is None else self.limits.waiting_until()
        if until is not None and self.clock.now() < until:
            raise ForgeBusyError("GitHub asked to wait", until)

    def _github(self, repository: str) -> GitHub[Any]:
        """A client for one repository, signed in as an installation where the credentials are an App's."""
        credentials = self.credentials.read()
        kept = self._signed_in.get(repository)
        if kept is not None and kept[0] == credentials:
            self._signed_in.move_to_end(repository)
            return kept[1]
        made = self._sign_in(repository, credentials)
        made.__enter__()  # type: ignore[no-untyped-call] # one connection for as long as the process keeps it, not one a request
        self._signed_in[repository] = (credentials, made)
        while len(self._signed_in) > _KEPT_CLIENTS:
            self._signed_in.popitem(last=False)[1][1].__exit__(None, None, None)
        return made

    def _sign_in(self, repository: str, credentials: Credentials) -> GitHub[Any]:
        from githubkit import AppAuthStrategy, TokenAuthStrategy

        if credentials.token is not None:
            return self._made(TokenAuthStrategy(credentials.token.get_secret_value()), credentials)
        assert credentials.private_key is not None  # noqa: S101 - Credentials has one of the two
        app = AppAuthStrategy(credentials.app, credentials.private_key.get_secret_value())
        place = f"repos/{repository}/installation"
        with self._made(app, credentials) as signed_in_as_app:
            found = self._request(signed_in_as_app, "GET", place).content
        try:
            installation = _Installation.model_validate_json(found).id
        except ValidationError:
            raise TransientError("GitHub's answer does not read", code="forge.answer") from None
        name = repository.partition("/")[2]
        permissions: Any = dict(self.permissions)
        scoped = app.as_installation(installation, repositories=[name], permissions=permissions)
        return self._made(scoped, credentials)

    def _made(self, auth: Any, credentials: Credentials) -> GitHub[Any]:
        from githubkit import GitHub
        from githubkit.cache import MemCacheStrategy

        return GitHub(
            auth,
            base_url=self._api(credentials),
            user_agent=USER_AGENT,
            timeout=TIMEOUT_S,
            follow_redirects=False,
            trust_env=False,
            transport=self.transport,
            cache_strategy=MemCacheStrategy(),
            http_cache=False,
            auto_retry=False,
            event_hooks={"response": [self._refuse]},
        )

    def _refuse(self, answer: httpx.Response) -> None:
        if not (answer.is_success or answer.status_code == _UNCHANGED):
            raise failure(answer.status_code, answer.headers, self.clock.now(), _REFUSALS)

    def _api(self, credentials: Credentials) -> str:
        if self.site.api != "stored":
            return self.site.api
        if credentials.api is None:
            message = "the address of the forge is not stored beside its credentials"
            raise PermanentError(message, code="secret.invalid", field="forge")
        return credentials.api


def connected(
    site: ForgeSite, secret: str, clock: Clock, permissions: Mapping[str, str], usage: str
) -> GitHubClient:
    """The client of a deployed function, by the physical names of its secret and of the table `usage`.

    What GitHub asked of one of them, to be left alone, binds them all.
    """
    from writ.adapters.forge_limit_table import ForgeLimitTable

    return GitHubClient(site, ForgeSecret(secret), clock, permissions, limits=ForgeLimitTable(usage))


@cache
def _reader(form: Any) -> TypeAdapter[Any]:
    return TypeAdapter(form)
