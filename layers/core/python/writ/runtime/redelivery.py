"""When a message that failed is delivered again. Loaded by the first that does.

Left alone it comes when its queue shows it again, after six timeouts of the function: minutes, in which a
dependency may recover. For one that only met somebody else at the same thing that is far too late. So it
comes back in seconds, three times, and the last of its receives is left to the queue. The quick ones together
take about a minute, and the third comes when what is in the way is over, where that time is known. No message
is a dead letter before six timeouts are over: a lease, which a dead attempt may leave behind, takes one and
five seconds.

Lambda deletes what succeeded of a batch and leaves alone what did not, so the time that a function gives a
message is the one that counts.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from writ.contracts.errors import ContendedError, WritError
from writ.runtime.telemetry import logger

# After each receive but the last two: after the last but one the queue decides, and after the last nothing.
QUICK_S: Final = (2, 8, 32)
# Whoever held a thing may still be letting go of it, and clocks differ by a little.
_GRACE_S: Final = 1
_SPREAD_S: Final = 2
# SQS hides a message for twelve hours at most, counted from its receive.
LONGEST_S: Final = 11 * 3600


class EventQueue(Protocol):
    """The queue that messages come from."""

    def hide(self, handle: str, seconds: int) -> None:
        """Show a message again after so many seconds from now, by its receipt handle."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that is to be delivered again: its receipt handle, why, and how often it was received."""

    handle: str
    problem: WritError
    receives: int


def wait_s(problem: WritError, receives: int, now: datetime, chance: float) -> int | None:
    """In how many seconds a message that failed comes again; None for when its queue shows it by itself.

    `chance`, from 0 up to 1, keeps those that met each other from meeting again.
    """
    if not isinstance(problem, ContendedError) or receives > len(QUICK_S):
        return None
    quick = round(QUICK_S[receives - 1] * (1 + chance / 2))
    if problem.until is None:
        return quick
    over = _after(problem.until, now, chance)
    return over if receives == len(QUICK_S) else min(quick, over)


def _after(until: datetime, now: datetime, chance: float) -> int:
    left = math.ceil((until - now).total_seconds())
    return min(max(left, 0) + _GRACE_S + round(chance * _SPREAD_S), LONGEST_S)


def hasten(bot: str, failures: Sequence[Failure], queue: EventQueue | None = None) -> None:
    """Have those come back soon that may succeed soon.

    Raises nothing: where one cannot be had so, it and those after it come as all others do.
    """
    now = datetime.now(UTC)
    try:
        for each in failures:
            seconds = wait_s(each.problem, each.receives, now, random.random())  # noqa: S311 - jitter
            if seconds is not None:
                (queue or _own()).hide(each.handle, seconds)
    except Exception as error:  # noqa: BLE001 - what is done of the batch must not be done again for this
        code = error.code if isinstance(error, WritError) else type(error).__name__
        logger(bot).warning("messages come back late", code=code)


def _own() -> EventQueue:
    from writ.adapters.sqs import SourceQueue
    from writ.runtime.environment import current

    return SourceQueue(current().queue_url)
