"""Rebuilding a log's tree from its entry bundles and holding it against tiles, roots and checkpoints."""

from __future__ import annotations

from collections.abc import Iterator

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


class Replay:
    """Walks the bundles of a log copy once, growing the tree as it goes."""

    def __init__(self, copy: LogCopy, checkpoint: Checkpoint, trust: TrustRoot) -> None:
        self._copy = copy
        self._checkpoint = checkpoint
        self._trust = trust
        self._edge = Edge()
        self._damaged: set[int] = set()
        self._findings: list[Finding] = []
        self._roots: dict[int, list[tuple[str, bytes]]] = {
            checkpoint.size: [("the signed checkpoint", checkpoint.root)]
        }

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
                self._roots.setdefault(earlier.size, []).append((f"checkpoints/{name}", earlier.root))

    def bundles(self) -> Iterator[tuple[int, list[bytes | None]]]:
        """Index of the first leaf, and the leaves, of each bundle; None for one that cannot be read."""
        self._check_roots(b"")
        for tile in tiles_of(ENTRIES, self._checkpoint.size):
            first = tile.index * WIDTH
            stored = self._stored(Tile(0, tile.index, tile.width))
            leaves = self._leaves(tile, stored)
            hashes = self._compare(first, leaves, stored)
            self._check_roots(hashes)
            growth = grow_hashes(self._edge, hashes)
            self._edge = growth.edge
            for upper, data in growth.files.items():
                if upper.level > 0 and upper.width == WIDTH:
                    self._check_tile(upper, data)
            yield first, leaves

    def take_findings(self) -> list[Finding]:
        """What was found since last asked."""
        findings, self._findings = self._findings, []
        return findings

    def finish(self) -> list[Finding]:
        """Check the partial tiles on the right edge; the last findings."""
        for tile in edge_tiles(self._checkpoint.size):
            if tile.level > 0:
                self._check_tile(tile, self._edge.rows[tile.level])
        return self.take_findings()

    def _find(self, code: str, message: str, index: int) -> None:
        self._findings.append(Finding(code, message, index))

    def _stored(self, tile: Tile) -> list[bytes] | None:
        first = (tile.index * WIDTH) << (8 * tile.level)
        try:
            data = self._copy.tile(tile)
            if data is not None:
                return split_tile(data, tile.width)
            self._find("tile.missing", f"the copy has no {tile.path}", first)
        except VerificationError as error:
            self._find("tile.malformed", f"{tile.path}: {error.message}", first)
        return None

    def _leaves(self, tile: Tile, stored: list[bytes] | None) -> list[bytes | None]:
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
        while stored and good < min(len(leaves), tile.width) and leaf_hash(leaves[good]) == stored[good]:
            good += 1
        good = min(good, tile.width - 1)
        self._find("bundle.malformed", f"{problem}; unreadable from this leaf on", first + good)
        self._damaged.update(range(first + good, first + tile.width))
        return [*leaves[:good], *[None] * (tile.width - good)]

    def _compare(self, first: int, leaves: list[bytes | None], stored: list[bytes] | None) -> bytes:
        """Hashes of the leaves, each held against the stored tile, which stands in for an unreadable leaf."""
        hashes = []
        for offset, leaf in enumerate(leaves):
            expected = stored[offset] if stored else None
            if leaf is None:
                hashes.append(expected or bytes(HASH_SIZE))
                continue
            hashes.append(leaf_hash(leaf))
            if expected is not None and hashes[-1] != expected:
                self._damaged.add(first + offset)
                self._find("leaf.mismatch", "the leaf does not hash to what its tile holds", first + offset)
        return b"".join(hashes)

    def _check_roots(self, hashes: bytes) -> None:
        """Compare every signed root whose size is reached by these hashes."""
        count = len(hashes) // HASH_SIZE
        reached = [size for size in self._roots if self._edge.size < size <= self._edge.size + count]
        if not self._edge.size and not hashes and 0 in self._roots:
            reached = [0]
        for size in sorted(reached):
            grown = grow_hashes(self._edge, hashes[: (size - self._edge.size) * HASH_SIZE]).edge
            root = grown.root()
            for name, signed in self._roots.pop(size):
                if signed != root:
                    message = f"the first {size} entries do not hash to the root of {name}"
                    self._findings.append(Finding("root.mismatch", message))

    def _check_tile(self, tile: Tile, data: bytes) -> None:
        stored = self._stored(tile)
        span = 1 << (8 * tile.level)
        for offset, expected in enumerate(split_tile(data, tile.width) if stored else ()):
            first = (tile.index * WIDTH + offset) * span
            known = any(first <= index < first + span for index in self._damaged)
            if stored and stored[offset] != expected and not known:
                message = f"hash {offset} of {tile.path} is not that of the leaves from here on"
                self._find("tile.mismatch", message, first)
