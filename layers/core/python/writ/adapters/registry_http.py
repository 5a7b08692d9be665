"""Requests to package registries: bounded, without credentials, following no redirect."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from writ.contracts.errors import PermanentError, TransientError

if TYPE_CHECKING:
    import httpx

TIMEOUT_S: Final = 10.0
LARGEST: Final = 32 * 1024 * 1024
_KEPT: Final = 512
_NOT_FOUND: Final = 404
_BUSY: Final = 429
_SERVER_ERROR: Final = 500


@dataclass
class RegistryHttp:
    """Asks for documents. `transport` stands in for the network in tests."""

    transport: httpx.BaseTransport | None = None
    _client: httpx.Client | None = None
    _kept: OrderedDict[str, Any] = field(default_factory=OrderedDict)

    def json(self, url: str, accept: str) -> Any:
        """A JSON document; kept for as long as this object lives, which is one look at a repository."""
        import json

        if url not in self._kept:
            try:
                self._kept[url] = json.loads(self.read(url, accept))
            except (ValueError, RecursionError):
                raise TransientError("the registry's answer does not read", code="registry.answer") from None
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[url]

    def read(self, url: str, accept: str) -> bytes:
        """What is at an address. Raises PermanentError and TransientError with a `registry.` code."""
        import httpx

        if self._client is None:
            self._client = httpx.Client(transport=self.transport, timeout=TIMEOUT_S, follow_redirects=False)
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


def _check(answer: httpx.Response) -> None:
    status = answer.status_code
    if status == _NOT_FOUND:
        raise PermanentError("there is no such package", code="registry.not_found")
    if status == _BUSY or status >= _SERVER_ERROR:
        raise TransientError(f"the registry answered {status}", code="registry.unavailable")
    if not answer.is_success:
        raise PermanentError(f"the registry answered {status}", code="registry.refused")
