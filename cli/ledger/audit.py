"""`writ ledger audit`: rebuilds a large log on many cores, and goes on where it was stopped."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from cli.plane import STATE
from writ.ledger.audit import Run
from writ.ledger.examine import Examined, Examiner, Task
from writ.ledger.logcopy import LogCopy
from writ.ledger.trust import TrustRoot

AUDITS: Final = STATE / "audit"
# Bundles given out before the first of them has come back, for each worker.
_AHEAD: Final = 4

_examiner: Examiner | None = None


def state_of(copy: LogCopy) -> Path:
    """Where the audit of a copy keeps how far it is, unless it is told."""
    return AUDITS / f"{sha256(copy.place.encode()).hexdigest()[:16]}.db"


@contextmanager
def workers(jobs: int, copy: LogCopy, trust: TrustRoot, *, signatures: bool) -> Iterator[Run | None]:
    """What examines bundles in `jobs` processes and returns them in order; None for this process alone."""
    _collect_seldom()
    if jobs == 1:
        yield None
        return
    pool = ProcessPoolExecutor(
        jobs,
        # Progress is drawn by a thread, and a process with threads must not be forked.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(copy, trust.encode(), signatures),
    )
    try:
        yield lambda tasks: _in_order(pool.submit, tasks, jobs * _AHEAD)
    finally:
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """How many processes can work at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_order(
    submit: Callable[[Callable[[Task], Examined], Task], Future[Examined]], tasks: Iterable[Task], ahead: int
) -> Iterator[Examined]:
    waiting: deque[Future[Examined]] = deque()
    for task in tasks:
        waiting.append(submit(_examine, task))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _begin(copy: LogCopy, trust: bytes, signatures: bool) -> None:
    global _examiner  # noqa: PLW0603 - what a worker process has of its own
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, and ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _examiner = Examiner(copy, TrustRoot.decode(trust), signatures=signatures)
    _collect_seldom()


def _end_with_parent() -> None:
    """A parent that was killed cannot end its workers, which would wait for it for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _examine(task: Task) -> Examined:
    assert _examiner is not None  # noqa: S101 - every worker began
    return _examiner(task)


def _collect_seldom() -> None:
    """A window of statements is kept until it is written: to look for garbage among them finds none."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
