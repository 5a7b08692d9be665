"""Many requests at once, a bounded number ahead, and their answers in the order they were asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

AT_ONCE: Final = 8
# Answers that wait for a slower one before them, for each thread: what they hold is what memory it takes.
_AHEAD: Final = 4

ItemT = TypeVar("ItemT")
FoundT = TypeVar("FoundT")


def in_order(
    call: Callable[[ItemT], FoundT], items: Iterable[ItemT], *, at_once: int = AT_ONCE
) -> Iterator[FoundT]:
    """What `call` returns for each item, in their order; raises what it raises, at the item's turn.

    Memory does not grow with the number of items. Those that were begun end before an error is raised.
    """
    waiting: deque[Future[FoundT]] = deque()
    pool = ThreadPoolExecutor(at_once)
    try:
        for item in items:
            waiting.append(pool.submit(call, item))
            if len(waiting) >= at_once * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
