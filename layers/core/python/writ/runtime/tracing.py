"""The spans of a function: recorded where it was deployed with a place for them, handed over at its end."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from writ.trace import recording
from writ.trace.context import TraceContext, kept
from writ.trace.span import ERROR, Kind, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from writ.ports.traces import SpanExporter
    from writ.trace.recording import Recorded, Tracer
    from writ.trace.span import Span

# Where spans go: http://127.0.0.1:4318 for a collector, file:///… for a file; nowhere where it is not set.
PLACE: Final = "WRIT_TRACES"
RATIO: Final = "WRIT_TRACE_RATIO"


def begin(
    service: str, name: str, kind: Kind, traceparent: str | None, attributes: dict[str, Value]
) -> Recorded:
    """The span of an entry into this function; nothing where spans go nowhere."""
    if (found := tracer()) is None:
        return recording.NOTHING
    return found.begin(service, name, kind, TraceContext.parse(traceparent), attributes=attributes)


def request(service: str, route: str, event: Mapping[str, Any]) -> Recorded:
    """The span of a request to the API.

    A verified caller's `traceparent` says which trace it is part of, but not whether that is kept: nobody
    outside decides what is stored here. Anybody else's counts for nothing.
    https://www.w3.org/TR/trace-context/#denial-of-service
    """
    found = tracer()
    if found is None:
        return recording.NOTHING
    parent = TraceContext.parse(_header(event)) if _verified(event) else None
    if parent is not None:
        parent = parent._replace(sampled=kept(parent.trace_id, found.ratio))
    method, _, path = route.partition(" ")
    told: dict[str, Value] = {"http.request.method": method, "http.route": path}
    return found.begin(service, route or "no route", Kind.SERVER, parent, attributes=told)


def answered(span: Recorded, status: int, body: Any) -> None:
    """What a request was answered with; only what is our own fault makes its span a failure."""
    span.set("http.response.status_code", status)
    code = str(body.get("code", status)) if isinstance(body, dict) else str(status)
    if status >= 500:
        span.fail(code)
    elif status >= 400:
        span.set(ERROR, code)


def _verified(event: Mapping[str, Any]) -> bool:
    context = event.get("requestContext") or {}
    return bool((((context.get("authorizer") or {}).get("jwt") or {}).get("claims") or {}).get("sub"))


def _header(event: Mapping[str, Any]) -> str | None:
    headers = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.lower() == "traceparent"), None)


def handed_over() -> int:
    """Hand over what was recorded since the last time; how many spans were lost.

    It raises nothing and waits no longer than the exporter's bound: the work is done, and stays so.
    """
    found = tracer()
    if found is None:
        return 0
    spans, lost = found.drain()
    if not spans:
        return lost
    try:
        return lost + _exported(spans)
    except Exception:  # noqa: BLE001
        # Whatever is wrong with a picture of the work, the work itself must not be done again for it.
        return lost + len(spans)


@cache
def tracer() -> Tracer | None:
    """What records in this process."""
    if not os.environ.get(PLACE):
        return None
    return recording.Tracer(_ratio(os.environ.get(RATIO, "1")))


def _exported(spans: list[Span]) -> int:
    from writ.trace.otlp import encode

    return _exporter(os.environ[PLACE]).export(encode(spans, _resource()))


@cache
def _exporter(place: str) -> SpanExporter:
    from writ.adapters.otlp_file import OtlpFile
    from writ.adapters.otlp_http import OtlpHttp

    url = urlsplit(place)
    return OtlpFile(unquote(url.path)) if url.scheme == "file" else OtlpHttp(place)


@cache
def _resource() -> Mapping[str, str]:
    """This process, by the names of OpenTelemetry's conventions."""
    from writ.runtime.environment import current

    environment: Any = current()
    return {
        "service.namespace": "writ",
        "service.version": environment.version,
        "deployment.environment.name": environment.env,
        "faas.name": environment.function,
    }


def _ratio(text: str) -> float:
    """A share from 0 to 1; what is none keeps everything."""
    try:
        given = float(text)
    except ValueError:
        return 1.0
    return given if 0 <= given <= 1 else 1.0
