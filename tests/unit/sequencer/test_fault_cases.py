"""Ten fault cases of one round of the sequencer, after those of Sunlight's.

Sunlight (https://github.com/FiloSottile/sunlight, internal/ctlog) writes five things in a round; each can
fail without effect, or take effect and be reported as failed ("Persisted"). The same five here:

==================  =======================================================
StagingUpload       the staged batch, before anything is committed
LockUpload          the compare-and-set of the head: theirs of a signed checkpoint, ours of an unsigned one
DataTileUpload      an entry bundle
Level0TileUpload    a tile of leaf hashes
CheckpointUpload    the published checkpoint
==================  =======================================================

Sunlight stops for good when the lock is in doubt; ours reads the head again and finishes whatever it finds.
Its uploads that land after they were given up (`asyncUploads` in internal/ctlog/testlog_test.go at
008dcdf) are the fate `late` of the seeded schedules. The names in the table have not been checked against
Sunlight's tests.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from tests.chaos.ledger.oracle import demand, logged, named
from tests.chaos.ledger.processes import SequencerFunction, Writer
from tests.chaos.ledger.reader import Reader
from tests.chaos.ledger.stores import Stores
from tests.chaos.ledger.variants import UnconditionalCheckpoint
from tests.chaos.ledger.world import grown
from tests.support.log_forge import ORIGIN
from tests.support.memory_ledger import MemoryFiles, MemoryHeads
from writ.contracts.errors import TransientError
from writ.ledger.checkpoint import Checkpoint, open_checkpoint
from writ.ledger.note import Note, Signature
from writ.ledger.publication import Publication
from writ.ledger.sequencer import Sequencer, SequencerPorts
from writ.ports.ledger import Head


@dataclass
class Breaks:
    """What fails while `on`, and whether it takes effect all the same."""

    what: str
    persists: bool
    on: bool = False
    failed: int = 0

    def call(self, name: str, effect: Callable[[], None]) -> None:
        failing = self.on and name.startswith(self.what)
        if self.persists or not failing:
            effect()
        if failing:
            self.failed += 1
            raise TransientError(f"{name} failed")


@dataclass
class Files(MemoryFiles):
    breaks: Breaks = field(default_factory=lambda: Breaks("", False))

    def create(self, path: str, data: bytes) -> None:
        self.breaks.call(path, lambda: super(Files, self).create(path, data))

    def replace_checkpoint(self, note: bytes, tag: str | None) -> None:
        self.breaks.call("checkpoint", lambda: super(Files, self).replace_checkpoint(note, tag))


@dataclass
class Heads(MemoryHeads):
    breaks: Breaks = field(default_factory=lambda: Breaks("", False))

    def swap(self, before: Head, after: Head) -> None:
        name = "mark applied" if after.applied else "commit"
        self.breaks.call(name, lambda: super(Heads, self).swap(before, after))


@dataclass(frozen=True)
class Case:
    """A fault, and how far the round gets: whether the head was committed, and the checkpoint published.

    `failing` is how many requests of the round it hits: files that are written at once all fail.
    """

    name: str
    what: str
    persists: bool
    committed: bool
    published: bool = False
    failing: int = 1


CASES = [
    Case("StagingUpload", "staging/", persists=False, committed=False),
    Case("StagingUploadPersisted", "staging/", persists=True, committed=False),
    Case("LockUpload", "commit", persists=False, committed=False),
    Case("LockUploadPersisted", "commit", persists=True, committed=True),
    Case("DataTileUpload", "tile/entries/", persists=False, committed=True, failing=2),
    Case("DataTileUploadPersisted", "tile/entries/", persists=True, committed=True, failing=2),
    Case("Level0TileUpload", "tile/0/", persists=False, committed=True, failing=2),
    Case("Level0TileUploadPersisted", "tile/0/", persists=True, committed=True, failing=2),
    Case("CheckpointUpload", "checkpoint", persists=False, committed=True),
    Case("CheckpointUploadPersisted", "checkpoint", persists=True, committed=True, published=True),
]


class Log:
    """A log of 254 leaves, two short of a full tile, whose stores break as a case says."""

    def __init__(self, case: Case) -> None:
        self.breaks = Breaks(case.what, case.persists)
        self.stores: Stores = grown(254)
        files, heads = self.stores.files, self.stores.heads
        self.stores.files = Files(files.files, files.checkpoint, files.published, self.breaks)
        self.stores.heads = Heads(heads.head, heads.swept, self.breaks)
        self.reader = Reader(self.stores)
        self.acknowledged = list(self.stores.entries.entries)
        self.reader.look(random.Random(0))

    def sequencer(self) -> SequencerFunction:
        return SequencerFunction(self.stores, None)

    def state(self, actions: int) -> None:
        """Let a function take actions; every statement is acknowledged."""
        writer = Writer(self.stores, None)
        first = len(self.acknowledged) // 2
        for number in range(first, first + actions):
            intent = writer.intent(number, f"{number}")
            self.acknowledged += [intent.entry_id, writer.outcome(number, intent, f"{number}o").entry_id]

    def published(self) -> int:
        standing = self.stores.files.checkpoint
        assert standing is not None
        return open_checkpoint(standing[0], ORIGIN, self.stores.signer.public_key()).size

    def check(self) -> None:
        """Everything acknowledged is in the log once, published, and consistent with what was seen before."""
        demand(
            sorted(named(self.stores, logged(self.stores))) == sorted(self.acknowledged),
            "lost or twice there",
        )
        self.reader.look(random.Random(0))
        assert self.published() == len(self.acknowledged)
        assert self.stores.heads.head.applied


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def test_round_that_fails_loses_nothing_and_shows_nothing_half_done(case: Case) -> None:
    log = Log(case)
    log.state(3)
    log.breaks.on = True
    with pytest.raises(TransientError):
        log.sequencer().integrate_all()
    assert log.breaks.failed == case.failing
    assert log.stores.heads.head.size == (260 if case.committed else 254)
    assert log.stores.heads.head.applied is not case.committed
    assert log.published() == (260 if case.published else 254)
    log.reader.look(random.Random(0))
    log.breaks.on = False
    log.sequencer().integrate_all()
    log.check()


def test_rounds_that_keep_failing_are_made_good_by_the_first_that_does_not(case: Case) -> None:
    log = Log(case)
    log.breaks.on = True
    function = log.sequencer()
    for _ in range(4):
        log.state(1)
        with pytest.raises(TransientError):
            function.integrate_all()
        log.reader.look(random.Random(0))
    log.breaks.on = False
    function.integrate_all()
    log.check()


def test_another_sequencer_finishes_what_the_broken_one_began(case: Case) -> None:
    log = Log(case)
    log.state(3)
    log.breaks.on = True
    with pytest.raises(TransientError):
        log.sequencer().integrate_all()
    log.breaks.on = False
    signed = len(log.stores.signed)
    log.state(1)
    log.sequencer().integrate_all()
    log.check()
    # One signature for the finished head unless its note already stood, one for the new commit.
    finished = 1 if case.committed and not case.published else 0
    assert len(log.stores.signed) == signed + finished + 1


def published_when_overtaken(log: Log) -> list[int]:
    """Sizes in the order published, when others publish twice between one's reading and replacing."""

    class WhenOvertaken(Publication):
        def standing(self, current: tuple[bytes, str] | None) -> tuple[Checkpoint | None, bool]:
            standing = super().standing(current)
            log.sequencer().integrate_all()
            log.state(1)
            log.sequencer().integrate_all()
            return standing

    class Overtaken(Sequencer):
        def __init__(self, origin: str, ports: SequencerPorts) -> None:
            super().__init__(origin, ports)
            self._publication = WhenOvertaken(
                origin, ports.files, ports.signer, ports.note_signer, ports.former
            )

    log.state(1)
    with suppress(TransientError):
        SequencerFunction(log.stores, None, Overtaken).integrate_all()
    return [int(note.split(b"\n")[1]) for note in log.stores.files.published]


def test_sequencer_that_was_overtaken_brings_no_older_checkpoint_back() -> None:
    log = Log(Case("none", "nothing", persists=False, committed=False))
    sizes = published_when_overtaken(log)
    assert sizes == sorted(sizes)
    assert sizes == [254, 256, 258, 260]
    log.sequencer().integrate_all()
    log.check()


@dataclass
class Witnessed(MemoryFiles):
    """A witness's line comes onto the standing checkpoint each time just before the log replaces it."""

    lines: int = 2

    def replace_checkpoint(self, note: bytes, tag: str | None) -> None:
        if self.lines and self.checkpoint is not None:
            self.lines -= 1
            cosigned = Signature("witness.example", bytes(4), bytes([self.lines] * 72))
            before, at = self.checkpoint
            super().replace_checkpoint(Note.parse(before).signed_with([cosigned]).encode(), at)
        super().replace_checkpoint(note, tag)


@pytest.mark.parametrize("lines", [0, 1, 2])
def test_a_witness_who_was_faster_costs_no_second_signature(lines: int) -> None:
    log = Log(Case("none", "nothing", persists=False, committed=False))
    files, signed = log.stores.files, len(log.stores.signed)
    log.stores.files = Witnessed(files.files, files.checkpoint, files.published, lines)
    log.state(1)
    log.sequencer().integrate_all()
    assert len(log.stores.signed) == signed + 1
    log.check()


def test_it_would_if_the_checkpoint_were_replaced_unconditionally() -> None:
    log = Log(Case("none", "nothing", persists=False, committed=False))
    files = log.stores.files
    log.stores.files = UnconditionalCheckpoint(files.files, files.checkpoint, files.published)
    sizes = published_when_overtaken(log)
    assert sizes != sorted(sizes)
