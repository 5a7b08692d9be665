"""Asks again for what an API could not answer just now: 429, 5xx, or a connection that broke."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

import httpx

_ATTEMPTS: Final = 6
_FIRST_S: Final = 0.25
_LONGEST_S: Final = 20.0
_REPEATABLE: Final = frozenset({"GET", "HEAD"})


class PatientTransport(httpx.BaseTransport):
    """Sends a GET up to six times, with exponential backoff and full jitter between.

    It waits for as long as a `Retry-After` in seconds says, though never over twenty; the last answer, or the
    last error, is the caller's. https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._inner = inner
        self._sleep = sleep
        self._jitter = jitter

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        attempts = _ATTEMPTS if request.method in _REPEATABLE else 1
        for attempt in range(1, attempts):
            pause = min(_FIRST_S * 2**attempt, _LONGEST_S) * self._jitter()
            try:
                response = self._inner.handle_request(request)
            except httpx.TransportError:
                self._sleep(pause)
                continue
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS and not response.is_server_error:
                return response
            response.close()
            self._sleep(max(pause, _asked(response)))
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def _asked(response: httpx.Response) -> float:
    """Seconds that the answer asks to wait; 0 where it says nothing, or a date."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_S) if text.isascii() and text.isdigit() else 0.0
