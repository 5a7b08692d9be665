"""Integration: from entries to leaves under a signed checkpoint, by any number of sequencers at once.

The order of effects is the proof of safety and must not change: settle the last commit, drop what is
indexed, stage, compare-and-set the head, write files and index, sign the committed head, publish it,
anchor it, mark it applied. Only files and index, which do not depend on each other, are written together,
and all of them have ended before anything is signed. Signing before the compare-and-set signs heads that
never come to be; without the applied gate a crash loses entries; without the index filter a repeat becomes
a duplicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from writ.contracts.errors import ConflictError, ContendedError, WritError
from writ.ledger import dsse
from writ.ledger.batch import Leaves, in_stream_order, staging_path, with_previous
from writ.ledger.checkpoint import Checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.leaf import decode_leaf, encode_leaf, verifier_of
from writ.ledger.publication import Publication
from writ.ledger.tiles import Edge, Growth, Tile, grow
from writ.ledger.together import Together, one_by_one
from writ.ports.clock import Clock
from writ.ports.ledger import (
    Anchors,
    CertificateStore,
    EntryStore,
    Head,
    HeadStore,
    LogFiles,
    LogIndex,
    LogSigner,
    NoteSigner,
    StoredEntry,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

REPUBLISH_AFTER: Final = timedelta(minutes=10)
MAX_COMMIT: Final = 2000
_ATTEMPTS: Final = 8
_MINUTE: Final = timedelta(minutes=1)
_FIRST_SWEEP: Final = timedelta(hours=1)
# Some seconds of queries: a sweep over days would run out of time, keep nothing, and be begun again for ever.
LONGEST_SWEEP: Final = timedelta(hours=4)

Check = Callable[[str, bytes, bytes], None]


@dataclass(frozen=True, slots=True)
class SequencerPorts:
    """What a sequencer needs from outside.

    `check` (entry id, envelope, leaf) raises VerificationError for a statement that whole-log
    verification would refuse: such an entry stays out of the log. `note_signer` makes the second line of
    checkpoints, where there is one. `former` are the log's keys of before, one of which may have signed the
    checkpoint that stands. `together` makes requests that do not depend on each other.
    """

    entries: EntryStore
    certificates: CertificateStore
    heads: HeadStore
    files: LogFiles
    anchors: Anchors
    index: LogIndex
    signer: LogSigner
    clock: Clock
    check: Check
    note_signer: NoteSigner | None = None
    former: Callable[[], Sequence[ec.EllipticCurvePublicKey]] = tuple
    together: Together = one_by_one


@dataclass(slots=True)
class Integration:
    """What one run did: entries integrated, entries refused with the reason, heads published."""

    integrated: int = 0
    refused: dict[str, VerificationError] = field(default_factory=dict)
    published: list[Checkpoint] = field(default_factory=list)


class Sequencer:
    """Integrates entries into one log."""

    def __init__(self, origin: str, ports: SequencerPorts) -> None:
        self._origin = origin
        self._ports = ports
        self._publication = Publication(origin, ports.files, ports.signer, ports.note_signer, ports.former)

    def integrate(self, entry_ids: Sequence[str]) -> Integration:
        """Integrate the entries that are not yet in the log, all of them or raise.

        Raises
        ------
        TransientError
            A store failed, or other sequencers kept winning; calling again is safe.
        WritError
            `ledger.rolled_back`, `ledger.forked` or `ledger.corrupt`: the log must be looked at.
        """
        done = Integration()
        for start in range(0, max(len(entry_ids), 1), MAX_COMMIT):
            self._integrate(list(dict.fromkeys(entry_ids[start : start + MAX_COMMIT])), done)
        return done

    def sweep(self, settle: timedelta) -> Integration:
        """Integrate what the stream did not bring, and publish again a head that has stood for long.

        Looks at every minute once, when it ended `settle` ago; after a long pause at some hours of them.
        """
        done = Integration()
        end = (self._ports.clock.now() - settle).replace(second=0, microsecond=0)
        minute = self._ports.heads.read_swept() or end - _FIRST_SWEEP
        end = min(end, minute + LONGEST_SWEEP)
        found: list[str] = []
        while minute < end and len(found) < MAX_COMMIT:
            found += self._ports.entries.appended_in(minute)
            minute += _MINUTE
        for start in range(0, max(len(found), 1), MAX_COMMIT):
            self._integrate(list(dict.fromkeys(found[start : start + MAX_COMMIT])), done)
        self._ports.heads.write_swept(minute)
        self._republish(done)
        return done

    def renew(self) -> Integration:
        """Sign the published checkpoint again with the keys in use, below which the former ones' lines stay.

        Raises what `integrate` raises.
        """
        done = Integration()
        self._settled(lambda head: self._publish(head, done, again=True) if head.size else None, done)
        return done

    def _integrate(self, entry_ids: Sequence[str], done: Integration) -> None:
        def commit(head: Head) -> None:
            members = self._leaves(self._missing(entry_ids), done)
            if members:
                self._commit(head, Leaves.of(head.size, members), done)

        self._settled(commit, done)

    def _settled(self, step: Callable[[Head], object], done: Integration) -> None:
        for _ in range(_ATTEMPTS):
            try:
                step(self._settled_head(done))
                return
            except ConflictError as conflict:
                if conflict.code != "conflict":
                    raise
        raise ContendedError("other sequencers kept moving the head", code="ledger.contended")

    def _settled_head(self, done: Integration) -> Head:
        """The head, with its commit finished whoever began it, and never behind its anchors."""
        head = self._guarded_head()
        if head.applied:
            return head
        data = self._ports.files.read(staging_path(head.size, head.root, head.base))
        if data is None:
            raise WritError(f"the batch of head {head.size} is gone", code="ledger.corrupt")
        batch = Leaves.decode(data)
        return self._apply(head, batch, self._grown(batch, head), done)

    def _guarded_head(self) -> Head:
        head = self._ports.heads.read()
        for _ in range(_ATTEMPTS):
            anchors = self._ports.anchors.from_size(head.size)
            # An anchor is made after its commit, so a head read later must have reached it.
            latest = self._ports.heads.read()
            for size, root in anchors:
                if size > latest.size:
                    message = f"the head is at {latest.size}, an anchored checkpoint at {size}"
                    raise WritError(message, code="ledger.rolled_back")
                if size == latest.size and root != latest.root:
                    raise WritError(f"an anchored checkpoint of {size} differs", code="ledger.forked")
            if latest.size == head.size:
                return latest
            head = latest
        raise ConflictError("the head keeps moving")

    def _missing(self, entry_ids: Sequence[str]) -> list[StoredEntry]:
        """The entries not yet indexed, and those they follow in their streams, in stream order."""
        missing: dict[str, StoredEntry] = {}
        wanted = list(entry_ids)
        while wanted:
            fetched = self._ports.entries.get_many(wanted)
            found = self._ports.index.find(with_previous(fetched.values()))
            fresh = [fetched[name] for name in wanted if name in fetched and name not in found]
            missing.update((entry.entry_id, entry) for entry in fresh)
            before = dict.fromkeys(entry.previous for entry in fresh if entry.previous)
            wanted = [name for name in before if name not in missing and name not in found]
        return in_stream_order(missing, list(missing))

    def _leaves(self, entries: Iterable[StoredEntry], done: Integration) -> list[tuple[StoredEntry, bytes]]:
        members = []
        for entry in entries:
            try:
                if entry.previous in done.refused:
                    raise VerificationError("the statement it follows was refused", code="ledger.refused")
                members.append((entry, self._leaf(entry)))
            except VerificationError as error:
                done.refused[entry.entry_id] = error
        return members

    def _leaf(self, entry: StoredEntry) -> bytes:
        pem = self._ports.certificates.get(entry.certificate)
        if pem is None:
            raise VerificationError("its certificate was never issued", code="ledger.certificate")
        leaf = encode_leaf(dsse.decode(entry.envelope), entry.envelope, verifier_of(pem))
        decode_leaf(leaf)
        self._ports.check(entry.entry_id, entry.envelope, leaf)
        return leaf

    def _commit(self, head: Head, batch: Leaves, done: Integration) -> None:
        growth = grow(self._edge(head.size, head.root), batch.leaves)
        size, root = growth.edge.size, growth.edge.root()
        self._ports.files.create(staging_path(size, root, head.size), batch.encode())
        after = replace(head, size=size, root=root, base=head.size, applied=False, version=head.version + 1)
        self._ports.heads.swap(head, after)
        done.integrated += len(batch.leaves)
        self._apply(after, batch, growth, done)

    def _apply(self, head: Head, batch: Leaves, growth: Growth, done: Integration) -> Head:
        files, index = self._ports.files, self._ports.index
        writes: list[Callable[[], None]] = [partial(index.write, batch.entries)]
        writes += [partial(files.create, tile.path, data) for tile, data in growth.files.items()]
        self._ports.together(writes)
        return self._publish(head, done)

    def _publish(self, head: Head, done: Integration, *, again: bool = False) -> Head:
        """Sign the committed head, replace the checkpoint by it, anchor it, mark it applied."""
        checkpoint = Checkpoint(self._origin, head.size, head.root)
        note = self._publication.publish(checkpoint, again=again)
        self._ports.anchors.create(head.size, head.root, note)
        applied = replace(head, applied=True, published_at=self._ports.clock.now(), version=head.version + 1)
        self._ports.heads.swap(head, applied)
        done.published.append(checkpoint)
        return applied

    def _republish(self, done: Integration) -> None:
        head = self._guarded_head()
        now: datetime = self._ports.clock.now()
        stale = head.published_at is None or now - head.published_at >= REPUBLISH_AFTER
        # A sequencer of before the last rotation may have been the last to publish.
        if not stale and self._ports.former():
            stale = not self._publication.standing(self._ports.files.read_checkpoint())[1]
        if head.applied and head.size and stale:
            try:
                self._publish(head, done, again=True)
            except ConflictError:
                return  # somebody published in the meantime, which is what was wanted

    def _grown(self, batch: Leaves, head: Head) -> Growth:
        growth = grow(self._edge(batch.base, None), batch.leaves)
        if (batch.base, growth.edge.size, growth.edge.root()) != (head.base, head.size, head.root):
            raise WritError(f"the batch of head {head.size} does not lead to it", code="ledger.corrupt")
        return growth

    def _edge(self, size: int, root: bytes | None) -> Edge:
        edge = Edge.read(size, self._read_tile)
        if root is not None and size and edge.root() != root:
            raise WritError(f"the tiles of head {size} are not under its root", code="ledger.corrupt")
        return edge

    def _read_tile(self, tile: Tile) -> bytes:
        data = self._ports.files.read(tile.path)
        if data is None:
            raise WritError(f"{tile.path} is gone", code="ledger.corrupt")
        return data
