"""Merkle proofs against published vectors and a literal reading of RFC 6962."""

from __future__ import annotations

from base64 import b64decode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.support.log_forge import load_vectors
from writ.ledger import merkle
from writ.ledger.errors import VerificationError

VECTORS = Path(__file__).parents[2] / "data" / "ledger" / "merkle"
LEAVES = [f"leaf {number}".encode() for number in range(128)]


def decoded(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [b64decode(vector[name]) for name in names]


@pytest.mark.parametrize(("name", "vector"), load_vectors(VECTORS / "inclusion"))
def test_inclusion_vector_is_judged_as_published(name: str, vector: dict[str, Any]) -> None:
    leaf, root = decoded(vector, "leafHash", "root")
    proof = [b64decode(item) for item in vector["proof"] or ()]

    def check() -> None:
        merkle.verify_inclusion(leaf, vector["leafIdx"], vector["treeSize"], proof=proof, root=root)

    if vector["wantErr"]:
        with pytest.raises(VerificationError):
            check()
    else:
        check()


@pytest.mark.parametrize(("name", "vector"), load_vectors(VECTORS / "consistency"))
def test_consistency_vector_is_judged_as_published(name: str, vector: dict[str, Any]) -> None:
    first_root, second_root = decoded(vector, "root1", "root2")
    proof = [b64decode(item) for item in vector["proof"] or ()]

    def check() -> None:
        merkle.verify_consistency(
            vector["size1"], vector["size2"], proof=proof, first_root=first_root, second_root=second_root
        )

    if vector["wantErr"]:
        with pytest.raises(VerificationError):
            check()
    else:
        check()


def test_every_published_vector_is_run() -> None:
    assert len(load_vectors(VECTORS)) > 150


@cache
def tree_hash(start: int, end: int) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if start == end:
        return sha256(b"").digest()
    if end - start == 1:
        return sha256(b"\x00" + LEAVES[start]).digest()
    middle = start + split(end - start)
    return sha256(b"\x01" + tree_hash(start, middle) + tree_hash(middle, end)).digest()


def split(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def path(index: int, start: int, end: int) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if end - start == 1:
        return []
    middle = start + split(end - start)
    if index < middle:
        return [*path(index, start, middle), tree_hash(middle, end)]
    return [*path(index, middle, end), tree_hash(start, middle)]


def subproof(first: int, start: int, end: int, complete: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if first == end:
        return [] if complete else [tree_hash(start, end)]
    middle = start + split(end - start)
    if first <= middle:
        return [*subproof(first, start, middle, complete), tree_hash(middle, end)]
    return [*subproof(first, middle, end, False), tree_hash(start, middle)]


def node(level: int, index: int) -> bytes:
    return tree_hash(index << level, (index + 1) << level)


def test_root_of_leaves_is_the_rfc_tree_hash() -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]
    for size in range(len(LEAVES) + 1):
        assert merkle.root_of(hashes[:size]) == tree_hash(0, size)


def test_proofs_equal_the_rfc_for_every_pair_up_to_128() -> None:
    for size in range(1, len(LEAVES) + 1):
        root = tree_hash(0, size)
        for index in range(size):
            proof = merkle.inclusion_proof(node, index, size)
            assert proof == path(index, 0, size)
            merkle.verify_inclusion(tree_hash(index, index + 1), index, size, proof=proof, root=root)
        for first in range(1, size + 1):
            proof = merkle.consistency_proof(node, first, size)
            assert proof == subproof(first, 0, size, True)
            merkle.verify_consistency(
                first, size, proof=proof, first_root=tree_hash(0, first), second_root=root
            )


def test_proof_is_refused_for_any_other_leaf_index_or_size() -> None:
    size = 100
    root = tree_hash(0, size)
    for index in range(size):
        proof = merkle.inclusion_proof(node, index, size)
        for other in {(index + 1) % size, index ^ 1, size - 1 - index} - {index}:
            leaf = tree_hash(index, index + 1)
            if other >= size:
                continue
            with pytest.raises(VerificationError):
                merkle.verify_inclusion(leaf, other, size, proof=proof, root=root)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 4), (4, 4)])
def test_inclusion_is_refused_when_the_leaf_is_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(VerificationError):
        merkle.verify_inclusion(bytes(32), index, size, proof=[], root=bytes(32))
