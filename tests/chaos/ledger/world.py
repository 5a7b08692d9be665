"""One schedule: writers, sequencers and a reader that interleave at every port call, then rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from typing import Final

from functions.authority.proof import RefusedError
from tests.chaos.harness import campaign
from tests.chaos.ledger.processes import SequencerFunction, Violation, Writer
from tests.chaos.ledger.reader import Reader
from tests.chaos.ledger.stores import Stores
from tests.support.interleave import Death, Fate, Gate, Schedule
from tests.support.log_forge import NOW
from tests.support.memory_ledger import MemoryFiles
from writ.contracts.errors import TransientError
from writ.ledger.recorder import Recorder
from writ.ledger.sequencer import Sequencer
from writ.ports.evidence import Adopted

_FIRST: Final = 1000
_MINUTE: Final = timedelta(minutes=1)
_STICKINESS: Final = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98)
_FUNCTION_LIFE: Final = timedelta(seconds=60)


@dataclass(frozen=True)
class Build(campaign.Build):
    """The parts a schedule runs; a variant replaces one by a part without a safeguard."""

    sequencer: type[Sequencer] = Sequencer
    recorder: type[Recorder] = Recorder
    files: type[MemoryFiles] = MemoryFiles


@dataclass
class World:
    """The state of one schedule, and what was acknowledged to writers: SHA-256 of payloads by entry."""

    schedule: Schedule
    build: Build = field(default_factory=Build)
    stores: Stores = field(default_factory=Stores)
    acknowledged: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stores = self.stores
        stores.entries.random = self.schedule.random
        stores.files = self.build.files(stores.files.files, stores.files.checkpoint)
        self.reader = Reader(stores)
        self.schedule.tick = self._tick

    def write(self, gate: Gate, first: int, count: int) -> None:
        """A function that takes actions one by one, and starts anew whenever it dies."""
        writer: Writer | None = None
        started = self.stores.clock.now()
        gate.expired = lambda: self.stores.clock.now() - started > _FUNCTION_LIFE
        for number in range(first, first + count):
            for attempt in range(3):
                started = self.stores.clock.now()
                writer = writer or Writer(self.stores, gate, self.build.recorder)
                salt = f"{number} {first} {attempt}"
                try:
                    intent = self._acknowledge(writer.intent(number, salt))
                    self._acknowledge(writer.outcome(number, intent, salt))
                    break
                except Death:
                    writer = None
                except (TransientError, RefusedError):
                    continue

    def sequence(self, gate: Gate) -> None:
        """Take batches off the stream for a while, at times sweep; a batch that failed comes again."""
        random = self.schedule.random
        function: SequencerFunction | None = None
        for _ in range(random.randrange(2, 6)):
            function = function or SequencerFunction(self.stores, gate, self.build.sequencer)
            try:
                if random.random() < 0.2:
                    function.sweep()
                else:
                    newest = random.choice((1, 2, 4, 8, 40))
                    function.integrate(self.stores.entries.stream[-newest:])
            except Death:
                function = None
            except TransientError:
                continue

    def read(self, gate: Gate) -> None:
        """Somebody reads the published log all the while."""
        for _ in range(12):
            gate.wait()
            self.reader.look(self.schedule.random)

    def settle(self, *, by_stream: bool) -> None:
        """All is well again: the stream delivers what it has, twice; or only the sweep is left to do it."""
        clock = self.stores.clock
        function = SequencerFunction(self.stores, None, self.build.sequencer)
        for _ in range(2 if by_stream else 0):
            function.integrate_all()
        clock.forward(minutes=3)
        while self.stores.heads.swept is None or clock.now() - self.stores.heads.swept > 2 * _MINUTE:
            function.sweep()
        clock.forward(minutes=11)
        function.sweep()
        self.reader.look(self.schedule.random)

    def _acknowledge(self, adopted: Adopted) -> Adopted:
        told = self.acknowledged.setdefault(adopted.entry_id, adopted.payload_sha256)
        if told != adopted.payload_sha256:
            raise Violation(f"I4: two statements were acknowledged as {adopted.entry_id}")
        return adopted

    def _tick(self) -> None:
        chance = self.schedule.random.random()
        seconds = 60 + 90 * chance if self.schedule.random.random() < 0.005 else 0.2 * chance
        self.stores.clock.forward(seconds=seconds)


def prepare(seed: int, build: Build | None = None) -> World:
    """The schedule of a seed before its start. Its size and its faults follow from the seed alone."""
    schedule = Schedule(seed, fault_rate=(seed % 5) * 0.03, stickiness=_STICKINESS[seed % 7])
    random = schedule.random
    world = World(schedule, build or Build(), grown(random.randrange(238, 258)) if seed % 4 == 0 else fresh())
    if seed % 50 == 1:
        world.stores.heads.swept = None
    for writer in range(1 + random.randrange(3)):
        first = _FIRST + random.randrange(4) + 6 * random.randrange(2) * writer
        count = 1 + random.randrange(8)
        schedule.add(partial(world.write, first=first, count=count))
    for _ in range(1 + random.randrange(5)):
        schedule.add(world.sequence)
    schedule.add(world.read)
    return world


def finish(world: World) -> World:
    """Run a schedule until all is well again and at rest."""
    world.schedule.run()
    world.settle(by_stream=world.schedule.random.random() < 0.5)
    return world


def replay(plan: Mapping[int, Fate]) -> World:
    """Two actions, each stated, integrated and swept after, with fates by call number."""
    world = World(Schedule(0, plan=plan), stores=fresh())

    def one_after_the_other(gate: Gate) -> None:
        function: SequencerFunction | None = None
        for number in range(2):
            world.write(gate, _FIRST + number, 1)
            for step in (SequencerFunction.integrate_all, SequencerFunction.sweep):
                function = function or SequencerFunction(world.stores, gate)
                try:
                    step(function)
                except Death:
                    function = None
                except TransientError:
                    continue

    world.schedule.add(one_after_the_other)
    world.schedule.run()
    world.settle(by_stream=True)
    return world


def fresh() -> Stores:
    """A plane that has just been deployed; its sweeps have begun."""
    stores = Stores()
    stores.heads.swept = NOW - 2 * _MINUTE
    return stores


def grown(size: int) -> Stores:
    """A log of some size that has been in use for a while, so that commits cross the end of a tile."""
    return _grown(size // 2 * 2).copy()


@cache
def _grown(size: int) -> Stores:
    stores = fresh()
    writer, function = Writer(stores, None), SequencerFunction(stores, None)
    for number in range(size // 2):
        writer.outcome(number, writer.intent(number, f"{number}"), f"{number}o")
    function.integrate_all()
    return stores
