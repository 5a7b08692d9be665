"""Merkle proofs for every pair of sizes, and against `pymerkle`, which shares no code with ours.

`WRIT_MERKLE_SIZE` sets how far the pairs go; `make test-ledger-bytes` goes to 512.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from writ.ledger import merkle
from writ.ledger.errors import VerificationError
from writ.ledger.tiles import Edge, Tile, TiledNodes, grow_hashes

SIZE = int(os.environ.get("WRIT_MERKLE_SIZE", "72"))
PYMERKLE_SIZE = max(SIZE, 600)
HASHES = [merkle.leaf_hash(b"leaf %d" % number) for number in range(PYMERKLE_SIZE)]


@cache
def root(size: int) -> bytes:
    return merkle.root_of(HASHES[:size])


@cache
def nodes(size: int) -> TiledNodes:
    """Nodes as a client reads them: from tiles."""
    files: dict[Tile, bytes] = dict(grow_hashes(Edge(), b"".join(HASHES[:size])).files)
    return TiledNodes(size, files.__getitem__)


@cache
def other() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for number in range(PYMERKLE_SIZE):
        tree.append_entry(b"leaf %d" % number)
    return tree


@pytest.mark.parametrize("start", range(1, SIZE + 1, 32))
def test_every_leaf_of_every_tree_is_proved_and_no_other_root_accepts_it(start: int) -> None:
    for size in range(start, min(start + 32, SIZE + 1)):
        for index in range(size):
            proof = merkle.inclusion_proof(nodes(size), index, size)
            merkle.verify_inclusion(HASHES[index], index, size, proof=proof, root=root(size))
            with pytest.raises(VerificationError):
                merkle.verify_inclusion(HASHES[index], index, size, proof=proof, root=root(size + 1))


@pytest.mark.parametrize("start", range(1, SIZE + 1, 32))
def test_every_tree_is_proved_to_begin_every_larger_one(start: int) -> None:
    for second in range(start, min(start + 32, SIZE + 1)):
        for first in range(1, second + 1):
            proof = merkle.consistency_proof(nodes(second), first, second)
            merkle.verify_consistency(
                first, second, proof=proof, first_root=root(first), second_root=root(second)
            )
            with pytest.raises(VerificationError):
                merkle.verify_consistency(
                    first, second, proof=proof, first_root=root(first - 1), second_root=root(second)
                )


def test_roots_are_those_of_pymerkle() -> None:
    for size in range(1, PYMERKLE_SIZE + 1):
        assert root(size) == other().get_root(size)


@given(st.data())
def test_inclusion_proofs_are_those_of_pymerkle(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, PYMERKLE_SIZE))
    index = data.draw(st.integers(0, size - 1))
    theirs = other().prove_inclusion(index + 1, size)
    assert theirs.path == [HASHES[index], *merkle.inclusion_proof(nodes(size), index, size)]
    verify_inclusion(HASHES[index], root(size), theirs)


@given(st.data())
def test_each_accepts_for_the_others_roots_that_one_tree_begins_another(data: st.DataObject) -> None:
    second = data.draw(st.integers(1, PYMERKLE_SIZE))
    first = data.draw(st.integers(1, second))
    verify_consistency(root(first), root(second), other().prove_consistency(first, second))
    merkle.verify_consistency(
        first,
        second,
        proof=merkle.consistency_proof(nodes(second), first, second),
        first_root=other().get_root(first),
        second_root=other().get_root(second),
    )


@given(st.data())
def test_no_edited_proof_is_accepted(data: st.DataObject) -> None:
    """Anything that is not the proof is refused: a bit, an order, a hash more or less, another size."""
    second = data.draw(st.integers(2, PYMERKLE_SIZE))
    first = data.draw(st.integers(1, second))
    if data.draw(st.booleans()):
        proof = merkle.consistency_proof(nodes(second), first, second)
        check: Callable[..., None] = partial(
            merkle.verify_consistency, first, second, first_root=root(first), second_root=root(second)
        )
    else:
        proof = merkle.inclusion_proof(nodes(second), first - 1, second)
        check = partial(merkle.verify_inclusion, HASHES[first - 1], first - 1, second, root=root(second))
    edited = data.draw(edits(proof))
    if edited != proof:
        with pytest.raises(VerificationError):
            check(proof=edited)


def edits(proof: list[bytes]) -> st.SearchStrategy[list[bytes]]:
    return st.one_of(
        st.permutations(proof),
        st.lists(st.sampled_from([*proof, bytes(32), b""]), max_size=len(proof) + 2),
        st.builds(lambda at, bit: flipped(proof, at, bit), st.integers(0, 20), st.integers(0, 255)),
    )


def flipped(proof: list[bytes], at: int, bit: int) -> list[bytes]:
    if not proof:
        return [bytes(32)]
    edited = list(proof)
    chosen = bytearray(edited[at % len(proof)])
    chosen[bit // 8] ^= 1 << bit % 8
    edited[at % len(proof)] = bytes(chosen)
    return edited


def test_no_two_sizes_share_a_root() -> None:
    assert all(one != two for one, two in pairwise(root(size) for size in range(1, PYMERKLE_SIZE)))
