"""Runs workers in threads, one at a time, switching at every port call as a seed decides.

A worker is a function of a `Gate`; ports wrapped by `gate.guard` hand control back to the schedule before
each call and may fail there, in any of the ways of `Fate`.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from writ.contracts.errors import TransientError, WritError
from writ.ledger.together import one_by_one

_LATE_TURNS: Final = 60
_SLOW_TURNS: Final = 20


class Death(BaseException):
    """The process died; no code may handle this."""


class Fate(StrEnum):
    """What a port call may suffer. An error is one that the caller may see pass: a TransientError."""

    ERROR_BEFORE = "error before"
    ERROR_AFTER = "error after"
    HALF = "half done"  # some of the items of one call, then an error
    LATE = "late"  # an error now; the effect comes while others, or the caller's next try, go on
    SLOW = "slow"  # the effect now; the answer comes much later
    TWICE = "twice"
    DEATH_BEFORE = "death before"
    DEATH_AFTER = "death after"


FATES: Final = tuple(Fate)


@dataclass
class Schedule:
    """One seeded interleaving.

    Parameters
    ----------
    seed, fault_rate
        The share of port calls that suffer something.
    stickiness
        The chance that the worker which just ran goes on. High, it lets one overtake another by a whole run.
    plan
        Fates by the number of the call, the first being 1; given, nothing else happens to any call.
    tick
        Called before every turn; moves the clock.
    """

    seed: int
    fault_rate: float = 0.0
    stickiness: float = 0.0
    plan: Mapping[int, Fate] | None = None
    tick: Callable[[], None] = lambda: None
    calls: int = 0
    injected: Counter[tuple[str, Fate]] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)
    stopped: bool = False
    delivering: bool = False  # a late call, which runs at once and suffers nothing more
    _turn: int = 0
    _late: list[tuple[int, Callable[[], Any]]] = field(default_factory=list)
    _workers: list[_Worker] = field(default_factory=list)
    _alive: list[_Worker] = field(default_factory=list)
    _failure: BaseException | None = None

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._over = _taken_lock()

    @property
    def faults(self) -> int:
        return self.injected.total()

    def add(self, body: Callable[[Gate], None]) -> None:
        self._workers.append(_Worker(self, body, f"worker {len(self._workers)}"))

    def run(self) -> None:
        """Run every worker to its end, then what is late. Raises the first error a worker did not expect."""
        self._alive = list(self._workers)
        for worker in self._workers:
            worker.thread.start()
        if self._alive:
            self._next(self._alive[-1]).go.release()
            self._over.acquire()
        for worker in self._workers:
            worker.thread.join()
        self._deliver(self._turn + _LATE_TURNS)
        if self._failure is not None:
            raise self._failure

    def end_turn(self, worker: _Worker) -> None:
        """Hand over to whose turn is next; back when it is this worker's again, unless it has finished.

        Whoever ends a turn finds the next, which is often the same: a switch of threads is dear.
        """
        self._turn += 1
        self._deliver(self._turn)
        if worker.finished:
            self._alive.remove(worker)
            if worker.error is not None and not self.stopped:
                self._fail(worker.error)
        if not self._alive:
            self._over.release()
            return
        following = self._next(worker)
        if following is not worker:
            following.go.release()
            if not worker.finished:
                worker.go.acquire()

    def fate(self, port_method: str) -> Fate | None:
        """What happens to the next call, noted down."""
        self.calls += 1
        if self.plan is not None:
            fate = self.plan.get(self.calls)
        else:
            fate = self.random.choice(FATES) if self.random.random() < self.fault_rate else None
        if fate is not None:
            self.injected[port_method, fate] += 1
        return fate

    def postpone(self, call: Callable[[], Any]) -> None:
        """Make a call at some later turn, whose answer nobody waits for."""
        self._late.append((self._turn + self.random.randrange(1, _LATE_TURNS), call))

    def _next(self, last: _Worker) -> _Worker:
        self.tick()
        if last not in self._alive or self.random.random() >= self.stickiness:
            return self.random.choice(self._alive)
        return last

    def _deliver(self, turn: int) -> None:
        due = [call for at, call in self._late if at <= turn]
        if not due:
            return
        self._late = [(at, call) for at, call in self._late if at > turn]
        self.delivering = True
        for call in due:
            try:
                call()
            except WritError:
                continue  # refused by the store, as a late conditional write mostly is
            except BaseException as error:  # noqa: BLE001 - raised by `run`, not to a worker
                self._fail(error)
        self.delivering = False

    def _fail(self, error: BaseException) -> None:
        self._failure, self.stopped = self._failure or error, True


def _taken_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


class _Worker:
    """A thread that runs only while its turn lasts; `go` is the baton."""

    def __init__(self, schedule: Schedule, body: Callable[[Gate], None], name: str) -> None:
        self.go = _taken_lock()
        self.finished = False
        self.error: BaseException | None = None
        self._schedule = schedule
        self.thread = threading.Thread(
            target=self._main, args=(Gate(schedule, self, name), body), daemon=True
        )

    def _main(self, gate: Gate, body: Callable[[Gate], None]) -> None:
        self.go.acquire()
        try:
            body(gate)
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that runs the schedule
            self.error = error
        self.finished = True
        self._schedule.end_turn(self)


class Gate:
    """A worker's side of the schedule. A port call made when `expired` says so is the process's death."""

    def __init__(self, schedule: Schedule, worker: _Worker, name: str) -> None:
        self._schedule = schedule
        self._worker = worker
        self._name = name
        self.expired: Callable[[], bool] = lambda: False

    def guard(self, port: Any, name: str | None = None, *, many: str | None = None) -> Any:
        """The port behind this gate; `many` is the method whose first argument can be half done."""
        return _Guarded(port, self, name or type(port).__name__, many)

    def wait(self) -> None:
        """Let the others run until the schedule comes back to this worker."""
        if self._schedule.delivering:
            return
        self._schedule.end_turn(self._worker)
        if self._schedule.stopped:
            raise Death

    def shuffled(self, calls: Sequence[Callable[[], None]]) -> None:
        """Make calls that were to be made at once, in the seed's order; see `writ.ledger.together`.

        When the process dies among them, each of the rest was under way, or not yet, as the seed says.
        """
        rest = list(calls)
        self._schedule.random.shuffle(rest)

        def taken() -> None:
            call = rest.pop()
            call()

        try:
            one_by_one([taken] * len(rest))
        except Death:
            for call in rest:
                if self._schedule.random.random() < 0.5:
                    self._schedule.postpone(call)
            raise

    def pass_through(self, name: str, call: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        """Wait for this worker's turn, then make the call, or suffer the fate the seed has for it."""
        if self._schedule.delivering:
            return call()
        self.wait()
        schedule = self._schedule
        if self.expired():
            schedule.trace.append(f"{self._name}: {name}: timed out")
            raise Death
        fate = schedule.fate(name)
        schedule.trace.append(f"{self._name}: {name}{f': {fate}' if fate else ''}")
        return call() if fate is None else self._suffer(fate, call, half)

    def _suffer(self, fate: Fate, call: Callable[[], Any], half: Callable[[], Any] | None) -> Any:
        if fate is Fate.DEATH_BEFORE:
            raise Death
        if fate is Fate.LATE:
            self._schedule.postpone(call)
        if fate is Fate.HALF and half is not None:
            half()
        if fate in {Fate.ERROR_BEFORE, Fate.LATE, Fate.HALF}:
            raise TransientError(f"injected: {fate}")
        result = call()
        if fate is Fate.DEATH_AFTER:
            raise Death
        if fate is Fate.ERROR_AFTER:
            raise TransientError("injected after the effect")
        if fate is Fate.TWICE:
            return call()
        for _ in range(self._schedule.random.randrange(1, _SLOW_TURNS)):
            self.wait()
        return result


class _Guarded:
    def __init__(self, port: Any, gate: Gate, name: str, many: str | None) -> None:
        self._port, self._gate, self._name, self._many = port, gate, name, many

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            half = None
            if name == self._many and len(args[0]) > 1:
                items = args[0]

                def half() -> Any:
                    return method(items[: len(items) // 2], *args[1:], **kwargs)

            return self._gate.pass_through(f"{self._name}.{name}", lambda: method(*args, **kwargs), half)

        return call
