"""Envelopes by leaf: how a copy of a large log holds its statements, 256 to a file.

A pack stands beside each entry bundle, under the same number, and holds the envelope of each leaf behind its
length as a big-endian uint32; a length of zero says that the copy does not have it. So a million statements
are four thousand files that are read in the order of the log, and no name has to be looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from writ.ledger.errors import VerificationError
from writ.ledger.tiles import ENTRIES, Tile

PACKS: Final = "envelopes"
_LENGTH: Final = 4
_MAX_ENVELOPE: Final = 1024 * 1024


def pack_path(tile: Tile) -> str:
    """Where the pack that goes with an entry bundle lies in a copy."""
    return PACKS + Tile(ENTRIES, tile.index, tile.width).path.removeprefix("tile/entries")


def encode_pack(envelopes: Sequence[bytes | None]) -> bytes:
    """A pack of the envelopes of a bundle's leaves, in order; None for one that is not held."""
    parts: list[bytes] = []
    for envelope in envelopes:
        data = envelope or b""
        parts += (len(data).to_bytes(_LENGTH, "big"), data)
    return b"".join(parts)


def decode_pack(data: bytes, width: int) -> list[bytes | None]:
    """The envelopes of a pack for `width` leaves.

    Raises
    ------
    VerificationError
        `ledger.framing`: it does not hold exactly that many.
    """
    envelopes: list[bytes | None] = []
    position = 0
    for _ in range(width):
        start = position + _LENGTH
        length = int.from_bytes(data[position:start], "big")
        position = start + length
        if position > len(data) or length > _MAX_ENVELOPE:
            break
        envelopes.append(data[start:position] or None)
    if len(envelopes) != width or position != len(data):
        raise VerificationError(f"pack does not hold {width} envelopes", code="ledger.framing")
    return envelopes
