"""Waits until the plane has come to rest: queues empty, every action closed or waiting for a person, and
every ledger entry under a signed checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cli.ledger.log_source import signed_size
from cli.output import CommandError, counted
from cli.plane import Plane, calling

POLL_S: Final = 0.5
QUIET_POLLS: Final = 3
TIMEOUT_S: Final = 300.0
NAMED: Final = 5

_MESSAGES: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True, slots=True)
class Pulse:
    """The plane at one moment. `queues` and `dead` count messages; a queue without any is left out.

    `entries` is None while it would be pointless to count them: there is other work left.
    """

    queues: Mapping[str, int] = field(default_factory=dict)
    dead: Mapping[str, int] = field(default_factory=dict)
    open_actions: tuple[str, ...] = ()
    waiting: int = 0
    entries: int | None = None
    signed: int = 0

    @property
    def settled(self) -> bool:
        return not self.unfinished()

    def unfinished(self) -> list[str]:
        """What is not done yet, one sentence each."""
        left = [f"{bot}: {counted(count, 'event')} queued" for bot, count in self.queues.items()]
        if self.open_actions:
            named = ", ".join(self.open_actions[:NAMED])
            more = len(self.open_actions) - NAMED
            left.append(f"no outcome yet: {named}" + (f" and {more} more" if more > 0 else ""))
        if self.entries is not None and self.signed < self.entries:
            left.append(f"ledger: the checkpoint covers {self.signed} of {self.entries} entries")
        return left

    @property
    def busy(self) -> bool:
        """Whether something is still to happen before the ledger can be complete."""
        return bool(self.queues or self.open_actions)


def wait(
    read: Callable[[], Pulse],
    *,
    seen: Callable[[Pulse], None] = lambda _: None,
    timeout_s: float = TIMEOUT_S,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Pulse:
    """The first pulse at rest, once it has been at rest for a while: an event may be between two queues.

    The time runs anew whenever something moves. Raises CommandError that names what is stuck.
    """
    deadline = clock() + timeout_s
    quiet = 0
    before: Pulse | None = None
    while True:
        pulse = read()
        seen(pulse)
        quiet = quiet + 1 if pulse.settled and pulse == before else int(pulse.settled)
        if quiet >= QUIET_POLLS:
            return pulse
        if pulse != before:
            deadline = clock() + timeout_s
        before = pulse
        if clock() >= deadline:
            raise stuck(pulse, timeout_s)
        sleep(POLL_S)


def stuck(pulse: Pulse, seconds: float) -> CommandError:
    """The error that says what has not moved."""
    what = "; ".join(pulse.unfinished()) or "it never came to rest"
    bot = next(iter(pulse.queues), "sequencer" if not pulse.open_actions else "reconciler")
    return CommandError(
        f"nothing has moved for {seconds:.0f} s: {what}", code="watch.stuck", hint=f"writ logs {bot}"
    )


def pulse(plane: Plane) -> Pulse:
    """Look at a plane now."""
    with calling("looking at the queues"):
        queues, dead = _queues(plane)
    with calling("looking for open actions"):
        claimed = tuple(_open(plane, "claimed"))
        waiting = sum(1 for _ in _open(plane, "waiting"))
    if queues or claimed:
        return Pulse(queues, dead, claimed, waiting, signed=signed_size(plane))
    with calling("counting entries"):
        entries = _count(plane, plane.thing("entries"))
    return Pulse(queues, dead, claimed, waiting, entries, signed_size(plane))


def _queues(plane: Plane) -> tuple[dict[str, int], dict[str, int]]:
    sqs, prefix = plane.aws("sqs"), plane.thing("")
    queues: dict[str, int] = {}
    dead: dict[str, int] = {}
    for page in sqs.get_paginator("list_queues").paginate(QueueNamePrefix=prefix):
        for url in page.get("QueueUrls", []):
            name = url.rpartition("/")[2].removeprefix(prefix)
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_MESSAGES))["Attributes"]
            if count := sum(int(attributes.get(key, 0)) for key in _MESSAGES):
                (dead if name.endswith("-dlq") else queues)[name.removesuffix("-dlq")] = count
    return dict(sorted(queues.items())), dict(sorted(dead.items()))


def _open(plane: Plane, phase: str) -> Iterator[str]:
    pages = (
        plane.aws("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=plane.thing("actions"),
            IndexName="open",
            KeyConditionExpression="open_phase = :phase",
            ExpressionAttributeValues={":phase": {"S": phase}},
            ProjectionExpression="action_id",
        )
    )
    for page in pages:
        yield from (item["action_id"]["S"] for item in page["Items"])


def _count(plane: Plane, table: str) -> int:
    pages: Any = plane.aws("dynamodb").get_paginator("scan")
    return sum(
        int(page["Count"]) for page in pages.paginate(TableName=table, Select="COUNT", ConsistentRead=True)
    )
