"""Rebuilding a log's tree from its entry bundles and holding it against tiles, roots and checkpoints."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from writ.ledger.checkpoint import Checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Finding
from writ.ledger.logcopy import LogCopy
from writ.ledger.merkle import HASH_SIZE, leaf_hash
from writ.ledger.tiles import (
    ENTRIES,
    WIDTH,
    Edge,
    Tile,
    decode_bundle,
    edge_tiles,
    grow_hashes,
    split_tile,
    tiles_of,
)
from writ.ledger.trust import TrustRoot


@dataclass(frozen=True, slots=True)
class Step:
    """One bundle gone through: its leaves (None for one that cannot be read), and where that left the tree.

    `marred` says whether the bundle or its tile was not as it should be.
    """

    bundle: Tile
    leaves: list[bytes | None]
    edge: Edge
    marred: bool
    findings: list[Finding]

    @property
    def first(self) -> int:
        return self.bundle.index * WIDTH


@dataclass(frozen=True, slots=True)
class _Root:
    """A root that the tree must have at its size; `code` and `message` say what it means if it has not."""

    size: int
    root: bytes
    code: str
    message: str


class Replay:
    """Walks the bundles of a log copy once, growing the tree as it goes.

    A walk can begin where an earlier one ended: with its edge, which ends at a whole bundle, and the numbers
    of the bundles it found marred.
    """

    def __init__(
        self,
        copy: LogCopy,
        checkpoint: Checkpoint,
        trust: TrustRoot,
        edge: Edge | None = None,
        marred: Iterable[int] = (),
    ) -> None:
        self._copy = copy
        self._checkpoint = checkpoint
        self._trust = trust
        self._edge = edge or Edge()
        self._marred = sorted(marred)
        self._findings: list[Finding] = []
        self._roots: list[_Root] = []
        self._expect(checkpoint.size, checkpoint.root, "the signed checkpoint")

    def read_earlier_checkpoints(self) -> Iterator[Finding]:
        """Take in the earlier signed notes; one that is larger than the head shows a lost tail."""
        for name in self._copy.earlier_checkpoint_files():
            try:
                note = self._copy.earlier_checkpoint(name)
                earlier = self._trust.open_earlier(note)
            except VerificationError as error:
                yield Finding(error.code, f"checkpoints/{name!a}: {error.message}")
                continue
            if earlier.size > self._checkpoint.size:
                message = f"checkpoints/{name} covers {earlier.size} leaves: the log's tail is gone"
                yield Finding("checkpoint.ahead", message, self._checkpoint.size)
            else:
                self._expect(earlier.size, earlier.root, f"checkpoints/{name}")

    def demand(self, seen: Checkpoint) -> Iterator[Finding]:
        """Hold the head against one that was seen before: it must cover it, and begin with it."""
        heads = f"this head {self._checkpoint.label()}, the one seen before {seen.label()}"
        if seen.size > self._checkpoint.size:
            message = f"the log is smaller than it was: {heads}"
            yield Finding("checkpoint.behind", message, self._checkpoint.size)
            return
        message = f"the log is not the one seen before: {heads}"
        self._roots.append(_Root(seen.size, seen.root, "checkpoint.inconsistent", message))

    def steps(self) -> Iterator[Step]:
        """Every bundle from where the tree stands on."""
        self._roots.sort(key=lambda root: root.size)
        if not self._edge.size:
            self._check_roots(b"", -1)
        for tile in tiles_of(ENTRIES, self._checkpoint.size):
            first = tile.index * WIDTH
            if first < self._edge.size:
                continue
            known = len(self._marred)
            stored = self._stored(Tile(0, tile.index, tile.width))
            leaves = self._leaves(tile, stored)
            hashes = self._compare(first, leaves, stored)
            self._check_roots(hashes, self._edge.size)
            growth = grow_hashes(self._edge, hashes)
            self._edge = growth.edge
            for upper, data in growth.files.items():
                if upper.level > 0 and upper.width == WIDTH:
                    self._check_tile(upper, data)
            yield Step(tile, leaves, self._edge, len(self._marred) > known, self._take_findings())

    def finish(self) -> list[Finding]:
        """Check the partial tiles on the right edge; the last findings."""
        for tile in edge_tiles(self._checkpoint.size):
            if tile.level > 0:
                self._check_tile(tile, self._edge.rows[tile.level])
        return self._take_findings()

    def _expect(self, size: int, root: bytes, name: str) -> None:
        message = f"the first {size} entries do not hash to the root of {name}"
        self._roots.append(_Root(size, root, "root.mismatch", message))

    def _take_findings(self) -> list[Finding]:
        findings, self._findings = self._findings, []
        return findings

    def _find(self, code: str, message: str, index: int) -> None:
        self._findings.append(Finding(code, message, index))

    def _mar(self, index: int) -> None:
        bundle = index // WIDTH
        if not self._marred or self._marred[-1] < bundle:
            self._marred.append(bundle)

    def _stored(self, tile: Tile) -> bytes | None:
        first = (tile.index * WIDTH) << (8 * tile.level)
        try:
            data = self._copy.tile(tile)
            if data is not None:
                split_tile(data, tile.width)
                return data
            self._find("tile.missing", f"the copy has no {tile.path}", first)
        except VerificationError as error:
            self._find("tile.malformed", f"{tile.path}: {error.message}", first)
        return None

    def _leaves(self, tile: Tile, stored: bytes | None) -> list[bytes | None]:
        """The leaves of a bundle; where its framing is broken, those before the break."""
        first = tile.index * WIDTH
        leaves: list[bytes] = []
        problem = f"{tile.path} does not hold {tile.width} leaves"
        try:
            data = self._copy.tile(tile)
            if data is None:
                problem = f"the copy has no {tile.path}"
            for leaf in decode_bundle(data or b""):
                leaves.append(leaf)
            if len(leaves) == tile.width:
                return list(leaves)
        except VerificationError as error:
            problem = f"{tile.path}: {error.message}"
        good = 0
        while stored and good < min(len(leaves), tile.width) and leaf_hash(leaves[good]) == _at(stored, good):
            good += 1
        good = min(good, tile.width - 1)
        self._find("bundle.malformed", f"{problem}; unreadable from this leaf on", first + good)
        self._mar(first)
        return [*leaves[:good], *[None] * (tile.width - good)]

    def _compare(self, first: int, leaves: list[bytes | None], stored: bytes | None) -> bytes:
        """Hashes of the leaves, each held against the stored tile, which stands in for an unreadable leaf."""
        hashes = b"".join(
            [
                (_at(stored, offset) if stored else bytes(HASH_SIZE))
                if leaf is None
                else sha256(b"\x00" + leaf).digest()
                for offset, leaf in enumerate(leaves)
            ]
        )
        if stored is not None and hashes != stored:
            for offset in range(len(leaves)):
                if _at(hashes, offset) != _at(stored, offset):
                    self._mar(first)
                    message = "the leaf does not hash to what its tile holds"
                    self._find("leaf.mismatch", message, first + offset)
        return hashes

    def _check_roots(self, hashes: bytes, after: int) -> None:
        """Compare every root that must be there at a size that these hashes reach."""
        reached = max(after, 0) + len(hashes) // HASH_SIZE
        low = bisect_right(self._roots, after, key=lambda root: root.size)
        high = bisect_right(self._roots, reached, key=lambda root: root.size)
        for expected in self._roots[low:high]:
            length = (expected.size - self._edge.size) * HASH_SIZE
            if expected.root != grow_hashes(self._edge, hashes[:length]).edge.root():
                self._findings.append(Finding(expected.code, expected.message))

    def _check_tile(self, tile: Tile, data: bytes) -> None:
        stored = self._stored(tile)
        if stored is None or stored == data:
            return
        span = 1 << (8 * tile.level)
        for offset in range(tile.width):
            first = (tile.index * WIDTH + offset) * span
            if _at(stored, offset) != _at(data, offset) and not self._is_marred(first, span):
                message = f"hash {offset} of {tile.path} is not that of the leaves from here on"
                self._find("tile.mismatch", message, first)

    def _is_marred(self, first: int, span: int) -> bool:
        """Whether a bundle among these leaves was found marred, which explains what is above it."""
        place = bisect_left(self._marred, first // WIDTH)
        return place < len(self._marred) and self._marred[place] * WIDTH < first + span


def _at(hashes: bytes, offset: int) -> bytes:
    return hashes[offset * HASH_SIZE : (offset + 1) * HASH_SIZE]
