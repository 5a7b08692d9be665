"""The attacks of docs/guides/threats.md, carried out, and how each is found.

Whoever attacks here can write every store and, where it says so, sign with the log's key.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.chaos.ledger.oracle import logged, named
from tests.chaos.ledger.processes import SequencerFunction, Writer
from tests.chaos.ledger.stores import Stores
from tests.chaos.ledger.world import fresh
from tests.support.log_forge import NOW, ORIGIN, Entry, Forge, put
from writ.contracts.errors import WritError
from writ.contracts.events.platform import CheckpointPublished
from writ.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Severity
from writ.ledger.logcopy import LogCopy
from writ.ledger.merkle import consistency_proof, verify_consistency
from writ.ledger.tiles import ENTRIES, Edge, Tile, TiledNodes, encode_bundle, grow
from writ.ledger.verify import verify_log
from writ.ports.ledger import Head

REPUBLISHED = timedelta(minutes=10)
STALE = timedelta(minutes=15)


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


@pytest.fixture(scope="module")
def entries(forge: Forge) -> list[Entry]:
    return forge.actions(10)


@pytest.fixture
def copy(forge: Forge, entries: list[Entry], tmp_path: Path) -> Path:
    return forge.write_copy(tmp_path / "copy", entries)


def codes(forge: Forge, folder: Path) -> set[str]:
    """What verification of a copy finds wrong."""
    report = verify_log(LogCopy(folder), forge.trust)
    return {finding.code for finding in report.findings if finding.severity is Severity.FAULT}


class Plane:
    """A log in use, and what its stores look like from inside."""

    def __init__(self) -> None:
        self.stores: Stores = fresh()
        self._number = 0

    def act(self, count: int = 1) -> None:
        """Take actions, each stated and integrated."""
        for _ in range(count):
            writer = Writer(self.stores, None)
            intent = writer.intent(self._number, f"{self._number}")
            writer.outcome(self._number, intent, f"{self._number}o")
            self._number += 1
            self.sequencer().integrate_all()

    def sequencer(self) -> SequencerFunction:
        return SequencerFunction(self.stores, None)

    def note(self) -> bytes:
        assert self.stores.files.checkpoint is not None
        return self.stores.files.checkpoint[0]

    def opened(self, note: bytes) -> Checkpoint:
        return open_checkpoint(note, ORIGIN, self.stores.signer.public_key())

    def signed(self, size: int, root: bytes) -> bytes:
        """What a thief of the sequencer's role can have signed."""
        return sign_checkpoint(
            Checkpoint(ORIGIN, size, root), self.stores.signer.public_key(), self.stores.signer.sign
        )


def test_an_edited_entry_no_longer_hashes_to_its_leaf(forge: Forge, copy: Path, entries: list[Entry]) -> None:
    path = copy / "statements" / f"{entries[3].id}.json"
    path.write_bytes(entries[5].signed.encoded)
    assert "statement.altered" in codes(forge, copy)


def test_an_edited_tile_is_not_that_of_its_leaves(forge: Forge, copy: Path) -> None:
    path = copy / "tile/0/000.p/20"
    data = path.read_bytes()
    path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    assert codes(forge, copy) == {"leaf.mismatch"}


def test_a_tree_rebuilt_around_an_edited_entry_is_not_under_the_signed_root(
    forge: Forge, copy: Path, entries: list[Entry], tmp_path: Path
) -> None:
    """The edit is signed by a real bot and every tile is made anew; only the log's signature is missing."""
    forged = [*entries[:2], *forge.actions(1, forge.session()), *entries[4:]]
    rebuilt = forge.write_copy(tmp_path / "rebuilt", forged)
    put(rebuilt / "checkpoint", (copy / "checkpoint").read_bytes())
    assert "root.mismatch" in codes(forge, rebuilt)


def test_a_deleted_tail_is_shown_by_any_later_checkpoint_that_somebody_kept(
    forge: Forge, copy: Path, entries: list[Entry], tmp_path: Path
) -> None:
    """The log's own key signs the shorter head: alone, the shorter log is perfect."""
    shorter = forge.write_copy(tmp_path / "shorter", entries[:12])
    assert codes(forge, shorter) == set()
    put(shorter / "checkpoints" / "a-receipt", (copy / "checkpoint").read_bytes())
    assert codes(forge, shorter) == {"checkpoint.ahead"}


def test_a_deleted_tail_stops_the_sequencer_at_the_locked_copies() -> None:
    plane = Plane()
    plane.act(3)
    before = plane.stores.copy()
    plane.act(2)
    rolled, anchors = before, plane.stores.anchors
    rolled.anchors = anchors  # all is put back but what nobody can delete
    plane.stores = rolled
    with pytest.raises(WritError, match=r"ledger\.rolled_back"):
        plane.act()
    assert plane.opened(plane.note()).size == 6


def test_a_head_rolled_back_is_refused_before_anything_is_signed() -> None:
    plane = Plane()
    plane.act(3)
    earlier = plane.stores.heads.head
    plane.act(2)
    signed = len(plane.stores.signed)
    plane.stores.heads.head = replace(earlier, version=plane.stores.heads.head.version + 1)
    with pytest.raises(WritError, match=r"ledger\.rolled_back"):
        plane.act()
    plane.stores.heads.head = Head()
    with pytest.raises(WritError, match=r"ledger\.rolled_back"):
        plane.act()
    assert len(plane.stores.signed) == signed


def test_a_head_of_another_history_is_refused_before_anything_is_signed() -> None:
    plane = Plane()
    plane.act(3)
    signed = len(plane.stores.signed)
    plane.stores.heads.head = replace(plane.stores.heads.head, root=bytes(32))
    with pytest.raises(WritError, match=r"ledger\.forked"):
        plane.act()
    assert len(plane.stores.signed) == signed


def watched(plane: Plane, minutes: int, *, frozen: bytes | None = None) -> timedelta:
    """The longest time for which somebody who looks every minute sees the same note."""
    seen: bytes | None = None
    since: datetime = plane.stores.clock.now()
    longest = timedelta()
    for _ in range(minutes):
        plane.stores.clock.forward(minutes=1)
        plane.sequencer().sweep()
        note = frozen or plane.note()
        if note != seen:
            seen, since = note, plane.stores.clock.now()
        longest = max(longest, plane.stores.clock.now() - since)
    return longest


def test_a_stale_view_shows_by_a_note_that_stays_the_same_for_longer_than_the_log_lets_it() -> None:
    """Nothing happens for an hour, and still the log signs its head again; a frozen copy cannot."""
    plane = Plane()
    plane.act(2)
    frozen = plane.note()
    assert watched(plane, 60) <= REPUBLISHED
    assert watched(plane, 60, frozen=frozen) > STALE
    assert plane.opened(frozen) == plane.opened(plane.note())


def test_a_stale_view_is_behind_what_was_announced() -> None:
    plane = Plane()
    plane.act(2)
    frozen = plane.note()
    plane.act(2)
    announced = [e.data.size for e in plane.stores.bus.events if isinstance(e.data, CheckpointPublished)]
    assert max(announced) > plane.opened(frozen).size


def split(forge: Forge, entries: list[Entry], tmp_path: Path) -> tuple[Path, Path]:
    """Two histories of one log, both signed: the second lacks an action, and has another in its place."""
    other = [*entries[:4], *forge.actions(11)[20:], *entries[6:]]
    return forge.write_copy(tmp_path / "one", entries), forge.write_copy(tmp_path / "other", other)


def test_a_split_view_is_found_when_two_auditors_compare_checkpoints(
    forge: Forge, entries: list[Entry], tmp_path: Path
) -> None:
    one, other = split(forge, entries, tmp_path)
    assert codes(forge, one) == codes(forge, other) == set()
    notes = [(folder / "checkpoint").read_bytes() for folder in (one, other)]
    put(one / "checkpoints" / "from-the-other", notes[1])
    put(other / "checkpoints" / "from-the-one", notes[0])
    assert codes(forge, one) == codes(forge, other) == {"root.mismatch"}


def test_no_proof_joins_two_histories(forge: Forge, entries: list[Entry]) -> None:
    """A split view cannot be mended later: from one side's head no proof leads to a head of the other's."""
    mine = [entry.leaf for entry in entries]
    yours = [*mine[:4], b"another leaf", *mine[5:]]
    for size in range(5, len(mine) + 1):
        first = grow(Edge(), mine[:size]).edge.root()
        second = grow(Edge(), yours).edge.root()
        for leaves in (mine, yours):
            files = grow(Edge(), leaves).files
            proof = consistency_proof(TiledNodes(len(leaves), files.__getitem__), size, len(leaves))
            with pytest.raises(VerificationError):
                verify_consistency(size, len(mine), proof=proof, first_root=first, second_root=second)


def test_two_locked_copies_of_one_size_stop_the_sequencer() -> None:
    plane = Plane()
    plane.act(2)
    size = plane.stores.heads.head.size
    plane.stores.anchors.create(size, bytes(32), plane.signed(size, bytes(32)))
    with pytest.raises(WritError, match=r"ledger\.forked"):
        plane.act()


def signatures_never_published(plane: Plane) -> int:
    """What CloudTrail counts (kms:Sign with the log's key) less what the bucket keeps of `checkpoint`."""
    return len(plane.stores.signed) - len(plane.stores.files.published)


def test_a_stolen_sequencer_role_shows_by_signatures_that_were_never_published() -> None:
    """The thief's note passes every check of a verifier who is shown nothing else."""
    plane = Plane()
    plane.act(5)
    watched(plane, 30)
    assert signatures_never_published(plane) == 0
    leaves = logged(plane.stores)
    forged = grow(Edge(), [*leaves[:4], *leaves[6:]])
    note = plane.signed(forged.edge.size, forged.edge.root())
    assert plane.opened(note).size == 8
    plane.act(2)
    assert signatures_never_published(plane) == 1


def test_a_thief_who_publishes_a_forged_head_stops_the_log_or_is_overwritten() -> None:
    """Larger than the real head, it stops the sequencer, which alarms; else the next head replaces it."""
    plane = Plane()
    plane.act(3)
    standing = plane.stores.files.checkpoint
    assert standing is not None
    plane.stores.files.replace_checkpoint(plane.signed(100, bytes(32)), standing[1])
    with pytest.raises(WritError, match=r"ledger\.contended"):
        plane.act()
    tag = plane.stores.files.checkpoint[1] if plane.stores.files.checkpoint else None
    plane.stores.files.replace_checkpoint(plane.signed(6, bytes(32)), tag)
    plane.act()
    head = plane.stores.heads.head
    assert plane.opened(plane.note()) == Checkpoint(ORIGIN, head.size, head.root)
    assert len(named(plane.stores, logged(plane.stores))) == head.size


def test_files_swapped_between_two_places_of_the_log_are_found(
    forge: Forge, copy: Path, entries: list[Entry]
) -> None:
    leaves = [entry.leaf for entry in entries]
    leaves[2], leaves[6] = leaves[6], leaves[2]
    put(copy / Tile(ENTRIES, 0, 20).path, encode_bundle(leaves))
    assert {"leaf.mismatch", "root.mismatch"} <= codes(forge, copy)


def test_the_trust_root_of_a_copy_is_only_the_copys_word(
    forge: Forge, entries: list[Entry], tmp_path: Path
) -> None:
    """Whoever makes a whole log anew, keys and all, is believed by nobody who brought a trust root."""
    thief = Forge()
    made = thief.write_copy(tmp_path / "made", thief.actions(10))
    assert codes(thief, made) == set()
    with pytest.raises(VerificationError, match=r"ledger\.checkpoint"):
        verify_log(LogCopy(made), forge.trust)


def test_a_good_copy_has_none_of_these(forge: Forge, copy: Path, tmp_path: Path) -> None:
    again = shutil.copytree(copy, tmp_path / "again")
    assert codes(forge, again) == set()
    plane = Plane()
    plane.act(5)
    assert watched(plane, random.randrange(20, 40)) < STALE
    assert plane.stores.clock.now() > NOW
