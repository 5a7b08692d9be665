"""Requests to package registries: bounded, without credentials, following no redirect."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from writ.contracts.errors import PermanentError, TransientError, WritError

if TYPE_CHECKING:
    import httpx

TIMEOUT_S: Final = 10.0
LARGEST: Final = 32 * 1024 * 1024
_KEPT: Final = 512
_NOT_FOUND: Final = 404
_BUSY: Final = 429
_SERVER_ERROR: Final = 500
T = TypeVar("T")


class Kept(Generic[T]):
    """What was found at an address the first time, or why nothing was; of too many the oldest is forgotten.

    A registry that wants to be left alone is not asked again for every package that has to do with one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[str, T | WritError] = OrderedDict()

    def get(self, url: str, ask: Callable[[], T]) -> T:
        """Raises the error that `ask` raised the first time."""
        if url not in self._found:
            try:
                self._found[url] = ask()
            except WritError as error:
                self._found[url] = error
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        found = self._found[url]
        if isinstance(found, WritError):
            raise found.with_traceback(None)
        return found


@dataclass
class RegistryHttp:
    """Asks for documents, over connections that are closed with this object. `transport` stands in for the
    network in tests."""

    transport: httpx.BaseTransport | None = None
    _client: httpx.Client | None = None
    _documents: Kept[Any] = field(default_factory=lambda: Kept(_KEPT))

    def json(self, url: str, accept: str) -> Any:
        """A JSON document; kept for as long as this object lives, which is one look at a repository."""
        return self._documents.get(url, lambda: self._parsed(url, accept))

    def read(self, url: str, accept: str) -> bytes:
        """What is at an address. Raises PermanentError and TransientError with a `registry.` code."""
        import httpx

        if self._client is None:
            self._client = httpx.Client(transport=self.transport, timeout=TIMEOUT_S, follow_redirects=False)
            weakref.finalize(self, self._client.close)
        headers = {"Accept": accept, "User-Agent": "writ"}
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                _check(answer)
                found = bytearray()
                for part in answer.iter_bytes():
                    found += part
                    if len(found) > LARGEST:
                        raise PermanentError("its description is too large", code="registry.too_large")
                return bytes(found)
        except httpx.HTTPError as error:
            name = type(error).__name__
            raise TransientError(
                f"the registry does not answer: {name}", code="registry.unavailable"
            ) from None
        except httpx.InvalidURL:
            raise PermanentError("the registry names no address", code="registry.address") from None

    def _parsed(self, url: str, accept: str) -> Any:
        import json

        try:
            return json.loads(self.read(url, accept))
        except (ValueError, RecursionError):
            raise TransientError("the registry's answer does not read", code="registry.answer") from None


def _check(answer: httpx.Response) -> None:
    status = answer.status_code
    if status == _NOT_FOUND:
        raise PermanentError("there is no such package", code="registry.not_found")
    if status == _BUSY or status >= _SERVER_ERROR:
        raise TransientError(f"the registry answered {status}", code="registry.unavailable")
    if not answer.is_success:
        raise PermanentError(f"the registry answered {status}", code="registry.refused")
