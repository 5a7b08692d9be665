"""Independent requests made at once, by a bounded number of threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from writ.ledger.together import one_by_one

# botocore keeps ten connections a client; more threads would open and drop connections.
THREADS: Final = 10


def at_once(calls: Sequence[Callable[[], None]]) -> None:
    """See Together. The caller's own thread makes the first call, others the rest.

    botocore's clients may be shared by threads, and must have been made before.
    """
    if len(calls) < 2:
        one_by_one(calls)
        return
    # Imported by the first commit: a start pays nothing for it.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(calls) - 1, THREADS)) as pool:
        futures = [pool.submit(call) for call in calls[1:]]
        one_by_one([calls[0], *(future.result for future in futures)])
