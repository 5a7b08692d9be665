"""Runs workers in threads, one at a time, switching at every port call as a seed decides.

A worker is a function of a `Gate`; ports wrapped by `gate.guard` hand control back to the schedule before
each call and may fail there: die before the call or after it, raise before or after, or call twice.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from writ.contracts.errors import TransientError


class Death(BaseException):
    """The process died; no code may handle this."""


@dataclass
class Schedule:
    """One seeded interleaving. `fault_rate` is the share of port calls that fail in some way."""

    seed: int
    fault_rate: float
    faults: int = 0
    calls: int = 0
    _workers: list[_Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def add(self, body: Callable[[Gate], None]) -> None:
        self._workers.append(_Worker(self, body))

    def run(self) -> None:
        """Run every worker to its end. An error a worker did not expect is raised here."""
        alive = list(self._workers)
        for worker in alive:
            worker.thread.start()
        while alive:
            worker = self.random.choice(alive)
            worker.resume()
            if worker.finished:
                worker.thread.join()
                alive.remove(worker)
                if worker.error is not None:
                    raise worker.error


class _Worker:
    def __init__(self, schedule: Schedule, body: Callable[[Gate], None]) -> None:
        self._go, self._yielded = threading.Semaphore(0), threading.Semaphore(0)
        self.finished = False
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._main, args=(Gate(schedule, self), body), daemon=True)

    def resume(self) -> None:
        self._go.release()
        self._yielded.acquire()

    def pause(self) -> None:
        self._yielded.release()
        self._go.acquire()

    def _main(self, gate: Gate, body: Callable[[Gate], None]) -> None:
        self._go.acquire()
        try:
            body(gate)
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that runs the schedule
            self.error = error
        self.finished = True
        self._yielded.release()


class Gate:
    """A worker's side of the schedule."""

    def __init__(self, schedule: Schedule, worker: _Worker) -> None:
        self._schedule = schedule
        self._worker = worker

    def guard(self, port: Any) -> Any:
        return _Guarded(port, self)

    def wait(self) -> None:
        """Let the others run until the schedule comes back to this worker."""
        self._worker.pause()

    def pass_through(self, call: Callable[[], Any]) -> Any:
        """Wait for this worker's turn, then make the call, or suffer the fate the seed has for it."""
        self.wait()
        schedule = self._schedule
        schedule.calls += 1
        if schedule.random.random() >= schedule.fault_rate:
            return call()
        schedule.faults += 1
        fate = schedule.random.choice(["die before", "die after", "fail before", "fail after", "twice"])
        if fate == "die before":
            raise Death
        if fate == "fail before":
            raise TransientError("injected before the effect")
        result = call()
        if fate == "die after":
            raise Death
        if fate == "fail after":
            raise TransientError("injected after the effect")
        return call() if fate == "twice" else result


class _Guarded:
    def __init__(self, port: Any, gate: Gate) -> None:
        self._port, self._gate = port, gate

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        return lambda *args, **kwargs: self._gate.pass_through(lambda: method(*args, **kwargs))
