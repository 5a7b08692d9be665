"""Events to EventBridge, in batches, each entry accepted or tried again, none with a secret in it (I9)."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from writ.adapters import aws
from writ.contracts.errors import ContractError, TransientError
from writ.contracts.event import AnyEvent
from writ.contracts.redaction import redact
from writ.trace import recording
from writ.trace.span import Kind

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
MAX_ENTRIES: Final = 10
MAX_BYTES: Final = 256 * 1024
_TIME_BYTES: Final = 14
_ROUNDS: Final = 4
_FIRST_WAIT_S: Final = 0.05

Entry = dict[str, Any]


class EventBridgeBus:
    """EventBus over PutEvents; the limit of 256 KB counts for an entry and for a whole request."""

    def __init__(self, bus_name: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._bus_name = bus_name
        self._sleep = sleep

    def publish(self, events: Sequence[AnyEvent]) -> None:
        """See EventBus.publish."""
        with recording.span("publish", Kind.PRODUCER) as span:
            span.set("writ.event.types", tuple(event.type for event in events))
            span.set("writ.event.ids", tuple(event.id for event in events))
            entries = [self._entry(event) for event in events]
            for event, entry in zip(events, entries, strict=True):
                if (size := _size(entry)) > MAX_BYTES:
                    raise ContractError(
                        f"{event.type} {event.id} has {size} bytes, more than {MAX_BYTES}",
                        code="event.too_large",
                    )
            for batch in _batches(entries):
                self._put(batch)

    def _entry(self, event: AnyEvent) -> Entry:
        detail = event.detail()
        # Who receives it goes on from here, unless it tells of what another trace is about.
        if (trace := recording.carried(event.meta.trace)) is not None:
            detail["meta"]["trace"] = trace
        return {
            "EventBusName": self._bus_name,
            "Source": f"writ.{event.meta.producer}",
            "DetailType": event.type,
            "Detail": json.dumps(redact(detail), ensure_ascii=False, separators=(",", ":")),
            "Time": event.meta.time,
        }

    def _put(self, batch: list[Entry]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        codes: list[str] = []
        for attempt in range(_ROUNDS):
            if attempt:
                self._sleep(_FIRST_WAIT_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 - jitter
            try:
                answer = aws.client("events").put_events(Entries=batch)
            except (BotoCoreError, ClientError) as error:
                raise aws.failure(error, "publishing events") from error
            pairs = list(zip(batch, answer["Entries"], strict=True))
            batch = [entry for entry, result in pairs if result.get("ErrorCode")]
            codes = sorted({result["ErrorCode"] for _, result in pairs if result.get("ErrorCode")})
            if not batch:
                return
        raise TransientError(
            f"the bus refused {len(batch)} entries: {', '.join(codes)}", code="bus.unavailable"
        )


def _size(entry: Entry) -> int:
    texts = (entry["Source"], entry["DetailType"], entry["Detail"])
    return _TIME_BYTES + sum(len(text.encode()) for text in texts)


def _batches(entries: list[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    room = MAX_BYTES
    for entry in entries:
        size = _size(entry)
        if batch and (len(batch) == MAX_ENTRIES or size > room):
            yield batch
            batch, room = [], MAX_BYTES
        batch.append(entry)
        room -= size
    if batch:
        yield batch
