"""Tiles: growing in steps, in any rhythm, leaves the same files as growing at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from writ.contracts.errors import ContractError
from writ.ledger import merkle
from writ.ledger.errors import VerificationError
from writ.ledger.tiles import (
    ENTRIES,
    Edge,
    Tile,
    TiledNodes,
    decode_bundle,
    edge_tiles,
    encode_bundle,
    full_tile_root,
    grow,
    grow_hashes,
    tiles_of,
)

HASHES = b"".join([merkle.leaf_hash(b"%d" % number) for number in range(70_000)])


def leaves_from(start: int, count: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(start, start + count)]


@given(st.lists(st.integers(0, 700), max_size=6))
def test_growing_in_steps_equals_growing_at_once(steps: list[int]) -> None:
    edge = Edge()
    files: dict[Tile, bytes] = {}
    for step in steps:
        # Each step starts from the files alone, as a sequencer that just woke up does.
        edge = Edge.read(edge.size, files.__getitem__)
        growth = grow(edge, leaves_from(edge.size, step))
        assert not [
            tile for tile in growth.files if files.get(tile, growth.files[tile]) != growth.files[tile]
        ]
        files.update(growth.files)
        edge = growth.edge
    whole = grow(Edge(), leaves_from(0, sum(steps)))
    assert edge == whole.edge
    assert whole.files.items() <= files.items()
    assert edge.root() == merkle.root_of([merkle.leaf_hash(leaf) for leaf in leaves_from(0, sum(steps))])


@settings(max_examples=30)
@given(st.integers(1, 70_000), st.data())
def test_proofs_read_from_tiles_verify(size: int, data: st.DataObject) -> None:
    growth = grow_hashes(Edge(), HASHES[: 32 * size])
    nodes = TiledNodes(size, growth.files.__getitem__)
    root = growth.edge.root()
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(nodes, index, size)
    merkle.verify_inclusion(merkle.leaf_hash(b"%d" % index), index, size, proof=proof, root=root)
    first = data.draw(st.integers(1, size))
    before = grow_hashes(Edge(), HASHES[: 32 * first]).edge.root()
    proof = merkle.consistency_proof(nodes, first, size)
    merkle.verify_consistency(first, size, proof=proof, first_root=before, second_root=root)


def test_partial_widths_are_those_of_the_specification() -> None:
    widths = {(tile.level, tile.width) for tile in edge_tiles(70_000)}
    assert widths == {(0, 112), (ENTRIES, 112), (1, 17), (2, 1)}
    assert len(list(tiles_of(0, 70_000))) == 274
    assert len(list(tiles_of(ENTRIES, 70_000))) == 274
    assert edge_tiles(256) == [Tile(1, 0, 1)]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(2, 999, 3), "tile/2/999.p/3"),
        (Tile(ENTRIES, 1000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_path_is_that_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path


def test_full_tile_root_is_the_root_of_its_hashes() -> None:
    hashes = [merkle.leaf_hash(b"%d" % number) for number in range(256)]
    assert full_tile_root(b"".join(hashes)) == merkle.root_of(hashes)


@given(st.lists(st.binary(max_size=300), max_size=300))
def test_bundle_round_trips(leaves: list[bytes]) -> None:
    assert list(decode_bundle(encode_bundle(leaves))) == leaves


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    read: list[bytes] = []
    try:
        read.extend(decode_bundle(data))
    except VerificationError:
        assert encode_bundle(read) != data
    else:
        assert encode_bundle(read) == data


def test_leaf_is_refused_when_too_long_for_the_format() -> None:
    with pytest.raises(ContractError, match="leaf_too_large"):
        encode_bundle([bytes(65_536)])


def test_edge_is_refused_when_a_tile_has_the_wrong_length() -> None:
    with pytest.raises(VerificationError):
        Edge.read(3, lambda tile: b"short")
