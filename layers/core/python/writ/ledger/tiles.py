"""C2SP tlog-tiles: the Merkle tree as immutable files (https://c2sp.org/tlog-tiles).

Level 0 tiles hold leaf hashes; each hash of level L+1 is the root of one full tile of level L. A tile is
full at 256 hashes; the rightmost tile of a level may be partial and then carries its width in its path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from writ.contracts.errors import ContractError
from writ.ledger.errors import VerificationError
from writ.ledger.merkle import EMPTY_ROOT, HASH_SIZE, root_of

WIDTH: Final = 256
MAX_LEAF: Final = 0xFFFF
ENTRIES: Final = -1
_HEIGHT: Final = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """One file of the log; level `ENTRIES` is the bundle of the leaves themselves."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """`tile/<level>/<index>[.p/<width>]`, the index in groups of three digits."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def edge_tiles(size: int) -> list[Tile]:
    """The partial files on the right edge of a tree of `size` leaves: what appending to it needs."""
    tiles = []
    level, count = 0, size
    while count:
        if width := count % WIDTH:
            tiles.append(Tile(level, count // WIDTH, width))
            if level == 0:
                tiles.append(Tile(ENTRIES, count // WIDTH, width))
        level, count = level + 1, count // WIDTH
    return tiles


def tiles_of(level: int, size: int) -> Iterator[Tile]:
    """Every tile of one level in a tree of `size` leaves, left to right."""
    count = size >> (_HEIGHT * max(level, 0))
    for index in range(count // WIDTH):
        yield Tile(level, index)
    if width := count % WIDTH:
        yield Tile(level, count // WIDTH, width)


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """An entry bundle: each leaf behind its length as a big-endian uint16.

    Raises
    ------
    ContractError
        `ledger.leaf_too_large`: a leaf does not fit the format.
    """
    if leaves and max(map(len, leaves)) > MAX_LEAF:
        raise ContractError("a leaf is longer than 65,535 bytes", code="ledger.leaf_too_large")
    return b"".join([part for leaf in leaves for part in (len(leaf).to_bytes(2, "big"), leaf)])


def decode_bundle(data: bytes) -> Iterator[bytes]:
    """The leaves of an entry bundle, as far as its framing holds.

    Raises
    ------
    VerificationError
        When the bytes end inside an entry; the leaves before it were yielded.
    """
    position = 0
    while position < len(data):
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        if position > len(data) or start > len(data):
            raise VerificationError("entry bundle ends inside an entry", code="ledger.framing")
        yield data[start:position]


def split_tile(data: bytes, width: int) -> list[bytes]:
    """The hashes of a tile of the given width.

    Raises
    ------
    VerificationError
        Unless the tile holds exactly that many.
    """
    if len(data) != width * HASH_SIZE:
        raise VerificationError(f"tile has {len(data)} bytes, not {width} hashes", code="ledger.framing")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: its size, the hashes of each level's partial tile, the partial bundle."""

    size: int = 0
    rows: tuple[bytes, ...] = ()
    bundle: bytes = b""

    @classmethod
    def read(cls, size: int, read: Callable[[Tile], bytes]) -> Edge:
        """The edge of a tree of `size` leaves, from its partial files.

        Raises
        ------
        VerificationError
            When a file has the wrong length.
        """
        rows: list[bytes] = []
        bundle = b""
        count = size
        while count:
            rows.append(b"")
            count //= WIDTH
        for tile in edge_tiles(size):
            data = read(tile)
            if tile.level == ENTRIES:
                bundle = data
            else:
                split_tile(data, tile.width)
                rows[tile.level] = data
        return cls(size, tuple(rows), bundle)

    def root(self) -> bytes:
        """The root of the tree."""
        if not self.size:
            return EMPTY_ROOT
        ragged: list[bytes] = []
        for row in self.rows:
            nodes = [row[at : at + HASH_SIZE] for at in range(0, len(row), HASH_SIZE)] + ragged
            ragged = [root_of(nodes)] if nodes else []
        return ragged[0]


@dataclass(frozen=True, slots=True)
class Growth:
    """A tree after an append: its new edge and the files to write, by tile."""

    edge: Edge
    files: Mapping[Tile, bytes]


def grow(edge: Edge, leaves: Sequence[bytes]) -> Growth:
    """Append leaves to a tree: the tiles and entry bundles that come to be, and the new edge.

    Only files of the new size are made: full ones, and one partial a level that changed.
    """
    files: dict[Tile, bytes] = {}
    bundle = _bundles(edge, leaves, files)
    hashes = b"".join([sha256(b"\x00" + leaf).digest() for leaf in leaves])
    return Growth(_climb(edge, hashes, bundle, files), files)


def grow_hashes(edge: Edge, hashes: bytes) -> Growth:
    """Like `grow`, from concatenated leaf hashes and without entry bundles."""
    files: dict[Tile, bytes] = {}
    return Growth(_climb(edge, hashes, b"", files), files)


def _bundles(edge: Edge, leaves: Sequence[bytes], files: dict[Tile, bytes]) -> bytes:
    partial, first = edge.size % WIDTH, edge.size // WIDTH
    bundle = edge.bundle
    position = 0
    while position < len(leaves):
        taken = leaves[position : position + WIDTH - partial]
        bundle += encode_bundle(taken)
        width = partial + len(taken)
        files[Tile(ENTRIES, first, width)] = bundle
        position += len(taken)
        if width == WIDTH:
            partial, first, bundle = 0, first + 1, b""
    return bundle


def _climb(edge: Edge, hashes: bytes, bundle: bytes, files: dict[Tile, bytes]) -> Edge:
    size = edge.size + len(hashes) // HASH_SIZE
    rows: list[bytes] = []
    level = 0
    added = hashes
    while size >> (_HEIGHT * level):
        row = edge.rows[level] if level < len(edge.rows) else b""
        index = (edge.size >> (_HEIGHT * level)) // WIDTH
        if added:
            row, added = _cut(Tile(level, index), row + added, files)
        rows.append(row)
        level += 1
    return Edge(size, tuple(rows), bundle)


def _cut(first: Tile, row: bytes, files: dict[Tile, bytes]) -> tuple[bytes, bytes]:
    """Cut a row into full tiles; the remainder, and the roots of the full ones for the level above."""
    roots = []
    level, index = first.level, first.index
    step = WIDTH * HASH_SIZE
    full = len(row) - len(row) % step
    for start in range(0, full, step):
        tile = row[start : start + step]
        files[Tile(level, index)] = tile
        roots.append(full_tile_root(tile))
        index += 1
    rest = row[full:]
    if rest:
        files[Tile(level, index, len(rest) // HASH_SIZE)] = rest
    return rest, b"".join(roots)


def full_tile_root(tile: bytes) -> bytes:
    """The root of the complete subtree under a full tile (8,192 bytes)."""
    row = tile
    while len(row) > HASH_SIZE:
        row = b"".join([sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, len(row), 64)])
    return row


class TiledNodes:
    """Reads nodes of a tree of `size` leaves from its tiles, each tile once: a `merkle.NodeReader`."""

    def __init__(self, size: int, read: Callable[[Tile], bytes]) -> None:
        self._size = size
        self._read = read
        self._rows: dict[Tile, list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        tile_level, inner = divmod(level, _HEIGHT)
        start = index << inner
        tile_index, offset = divmod(start, WIDTH)
        count = self._size >> (_HEIGHT * tile_level)
        tile = Tile(tile_level, tile_index, min(WIDTH, count - tile_index * WIDTH))
        row = self._rows.get(tile)
        if row is None:
            row = self._rows[tile] = split_tile(self._read(tile), tile.width)
        return root_of(row[offset : offset + (1 << inner)])
