"""RFC 6962 Merkle trees: hashes, roots, and proofs made from and checked against them.

A *node* is named by (level, index): the root of the complete subtree over the leaves
`[index << level, (index + 1) << level)`. Nothing here recurses; a tree of any size costs O(log n) memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final

from writ.ledger.errors import VerificationError

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(00 ‖ leaf), RFC 6962 section 2.1."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(01 ‖ left ‖ right), RFC 6962 section 2.1."""
    return sha256(b"\x01" + left + right).digest()


def root_of(nodes: Sequence[bytes]) -> bytes:
    """The root over sibling nodes of one level, in order; the last may cover fewer leaves than the rest.

    Pairing from the left and promoting an odd last node gives RFC 6962's split at the largest power of
    two. No nodes: the root of the empty tree.
    """
    if not nodes:
        return EMPTY_ROOT
    row = list(nodes)
    while len(row) > 1:
        odd = row[-1:] if len(row) & 1 else []
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return row[0]


def range_nodes(start: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees that cover `[start, end)`, left to right, where `start` is aligned as in a proof.

    `start` must be a multiple of the largest power of two not above `end - start`.
    """
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def subtree_root(node: NodeReader, start: int, end: int) -> bytes:
    """The RFC 6962 tree hash of the leaves `[start, end)`; alignment as in `range_nodes`."""
    parts = [node(level, index) for level, index in range_nodes(start, end)]
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges whose tree hashes prove leaf `index` in a tree of `size`, leaf to root."""
    if not 0 <= index < size:
        raise VerificationError(f"leaf {index} is not in a tree of {size}", field="index")
    ranges = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(first: int, second: int) -> list[tuple[int, int]]:
    """The leaf ranges whose tree hashes prove a tree of `first` leaves to be a prefix of one of `second`."""
    if not 0 < first <= second:
        raise VerificationError(f"no consistency proof from {first} to {second} leaves", field="size")
    ranges = []
    start, end = 0, second
    while end != first:
        middle = start + _split(end - start)
        if first <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))
    return ranges[::-1]


def inclusion_proof(node: NodeReader, index: int, size: int) -> list[bytes]:
    """RFC 6962 section 2.1.1 audit path of leaf `index` in the tree of `size` leaves."""
    return [subtree_root(node, start, end) for start, end in inclusion_ranges(index, size)]


def consistency_proof(node: NodeReader, first: int, second: int) -> list[bytes]:
    """RFC 6962 section 2.1.2 proof that the tree of `first` leaves is a prefix of that of `second`."""
    return [subtree_root(node, start, end) for start, end in consistency_ranges(first, second)]


def verify_inclusion(leaf: bytes, index: int, size: int, *, proof: Sequence[bytes], root: bytes) -> None:
    """Check an inclusion proof for the leaf hash `leaf` (RFC 9162 section 2.1.3.2).

    Raises
    ------
    VerificationError
        Unless the proof leads from the leaf to exactly this root.
    """
    ranges = inclusion_ranges(index, size)
    _check_hashes([leaf, root, *proof])
    if len(proof) != len(ranges):
        raise VerificationError(f"proof has {len(proof)} hashes, not {len(ranges)}", field="proof")
    computed = leaf
    for (start, _), sibling in zip(ranges, proof, strict=True):
        computed = node_hash(computed, sibling) if index < start else node_hash(sibling, computed)
    if computed != root:
        raise VerificationError("inclusion proof does not lead to the root", field="proof")


def verify_consistency(
    first: int, second: int, *, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Check that the tree of `first` leaves is a prefix of that of `second` (RFC 9162 section 2.1.4.2).

    Raises
    ------
    VerificationError
        Unless it is. From an empty tree nothing can be proved, so `first` of zero is refused.
    """
    if first == second > 0:
        if proof or first_root != second_root:
            raise VerificationError("trees of one size differ", field="proof")
        return
    _check_hashes([first_root, second_root, *proof])
    ranges = consistency_ranges(first, second)
    if len(proof) != len(ranges):
        raise VerificationError(f"proof has {len(proof)} hashes, not {len(ranges)}", field="proof")
    # A first tree that is one complete subtree is not repeated in the proof: its root is the start.
    seeded = ranges[0][0] < first
    old = new = proof[0] if seeded else first_root
    for (start, _), sibling in list(zip(ranges, proof, strict=True))[seeded:]:
        if start < first:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    if old != first_root or new != second_root:
        raise VerificationError("consistency proof does not lead to both roots", field="proof")


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(item) != HASH_SIZE for item in hashes):
        raise VerificationError("a hash is not 32 bytes", field="proof")
