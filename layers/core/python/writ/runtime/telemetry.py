"""One structured line an event, metrics in embedded metric format, and a span of its trace."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from writ.contracts.redaction import redact
from writ.runtime import tracing
from writ.trace import recording
from writ.trace.span import CAUSE, EVENT, EVENT_TYPE, Kind, Value

if TYPE_CHECKING:
    from aws_lambda_powertools.metrics import EphemeralMetrics

    from writ.contracts.errors import WritError
    from writ.contracts.event import AnyEvent
    from writ.ports.actions import ActionRecord

NAMESPACE: Final = "Writ"
_STATUS_METRICS: Final = {
    "succeeded": "ActionsSucceeded",
    "failed": "ActionsFailed",
    "denied": "ActionsDenied",
    "expired": "ActionsExpired",
    "waiting": "ActionsWaiting",
}

Note = Callable[[Sequence["ActionRecord"]], None]


class RedactingFormatter(LambdaPowertoolsFormatter):
    """Masks secrets and personal data in every line, whoever wrote it (I9)."""

    def serialize(self, log: Any) -> str:
        return super().serialize(redact(dict(log)))


@lru_cache(maxsize=8)
def logger(service: str) -> Logger:
    """The logger of a function, made once."""
    return Logger(service=service, logger_formatter=RedactingFormatter(), use_rfc3339=True)


@lru_cache(maxsize=8)
def _metrics(service: str) -> EphemeralMetrics:
    """The metrics of a function, empty after each flush."""
    from aws_lambda_powertools.metrics import EphemeralMetrics

    return EphemeralMetrics(namespace=NAMESPACE, service=service)


@contextmanager
def span(
    service: str, event: AnyEvent, name: str | None = None, attributes: dict[str, Value] | None = None
) -> Iterator[Note]:
    """Time the handling of one event, trace it, log what came of it in one line, and count it.

    The span goes on with the event's trace, under `name` or the event's type.
    """
    started = time.perf_counter()
    records: list[ActionRecord] = []
    told: dict[str, Value] = {EVENT: event.id, EVENT_TYPE: event.type, **(attributes or {})}
    if event.meta.cause:
        told[CAUSE] = event.meta.cause
    with tracing.begin(service, name or event.type, Kind.CONSUMER, event.meta.trace, told):
        trace = recording.carried(event.meta.trace)
        yield records.extend
    elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
    logger(service).info(
        "event handled",
        event_type=event.type,
        event_id=event.id,
        trace=trace,
        actions=[
            {"id": record.action.id, "name": record.action.name, "state": state_of(record)}
            for record in records
        ],
        duration_ms=elapsed_ms,
    )
    counts = _counts(records)
    emit(service, {"EventsHandled": 1, **counts.pop(service, {})}, elapsed_ms)
    for bot, counted in counts.items():
        emit(bot, counted)


def acted(records: Sequence[ActionRecord]) -> None:
    """Count actions that no event of the bot's queue led to, each for the bot whose it is."""
    for bot, counted in _counts(records).items():
        emit(bot, counted)


def finished(service: str) -> None:
    """Hand over the spans of what this call did, and count those that were lost."""
    if lost := tracing.handed_over():
        emit(service, {"SpansDropped": lost})


def failed(service: str, problem: WritError, event_type: str, receives: int) -> None:
    """Log and count an event that could not be handled this time."""
    logger(service).warning(
        "event failed",
        event_type=event_type,
        code=problem.code,
        field=problem.field,
        reason=problem.message,
        receives=receives,
    )
    emit(service, {"EventsFailed": 1})


def emit(
    service: str,
    counts: dict[str, int],
    elapsed_ms: float | None = None,
    *,
    seconds: dict[str, float] | None = None,
) -> None:
    """Write counts (and durations) as one EMF document with the dimension `bot`."""
    from aws_lambda_powertools.metrics import MetricUnit

    metrics = _metrics(service)
    metrics.add_dimension(name="bot", value=service)
    for name, count in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    for name, value in (seconds or {}).items():
        metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=value)
    if elapsed_ms is not None:
        metrics.add_metric(name="EventMs", unit=MetricUnit.Milliseconds, value=elapsed_ms)
    metrics.flush_metrics()


def _counts(records: Sequence[ActionRecord]) -> dict[str, dict[str, int]]:
    """Actions by bot and metric. Whoever closes an action, it is in the budget of the bot that took it.

    One that another overtook is in none.
    """
    counts: dict[str, Counter[str]] = {}
    for record in records:
        metric = _STATUS_METRICS.get(state_of(record))
        if metric is not None and not (record.outcome and record.outcome.overtaken):
            counts.setdefault(record.action.bot, Counter())[metric] += 1
    return {bot: dict(counted) for bot, counted in counts.items()}


def state_of(record: ActionRecord) -> str:
    """The status of a closed action, else its phase."""
    return record.outcome.status.value if record.outcome else record.phase.value
