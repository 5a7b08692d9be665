"""Spans to an OpenTelemetry collector over OTLP/HTTP in JSON; on Lambda it listens on this very machine.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

TIMEOUT_S: Final = 0.25
REST_S: Final = 30.0
_PATH: Final = "/v1/traces"
_MOST_READ: Final = 64 * 1024


class OtlpHttp:
    """See SpanExporter. Whoever does not answer is left alone for half a minute, and so costs no more time.

    `endpoint` is the base URL, as in OpenTelemetry's OTEL_EXPORTER_OTLP_ENDPOINT.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        timeout_s: float = TIMEOUT_S,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        place = urlsplit(endpoint)
        self._make = HTTPSConnection if place.scheme == "https" else HTTPConnection
        self._host, self._port = place.hostname or "", place.port
        self._path = place.path.rstrip("/") + _PATH
        self._timeout_s, self._rest_s, self._clock = timeout_s, rest_s, clock
        self._resting_until = float("-inf")

    def export(self, document: bytes) -> int:
        """Raises OSError when nobody answers in time, or with anything but 200."""
        if self._clock() < self._resting_until:
            raise ConnectionError("the collector did not answer a moment ago")
        try:
            return self._sent(document)
        except (OSError, HTTPException) as error:
            self._resting_until = self._clock() + self._rest_s
            raise ConnectionError(f"the collector: {type(error).__name__}") from error

    def _sent(self, document: bytes) -> int:
        connection = self._make(self._host, self._port, timeout=self._timeout_s)
        try:
            connection.request("POST", self._path, document, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read(_MOST_READ)
        finally:
            connection.close()
        if answer.status != 200:
            raise ConnectionError(f"status {answer.status}")
        return _refused(said)


def _refused(said: bytes) -> int:
    """The spans that a collector took none of, of an answer that says so."""
    try:
        partial = json.loads(said).get("partialSuccess") or {}
        return int(partial.get("rejectedSpans", 0))
    except (ValueError, AttributeError, TypeError):
        return 0  # an answer in another form than asked for, and 200 all the same
