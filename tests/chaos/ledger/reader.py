"""Somebody outside who reads the log while it is written, and believes nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.chaos.ledger.processes import Violation
from tests.chaos.ledger.stores import Stores
from tests.support.log_forge import ORIGIN
from writ.ledger.checkpoint import Checkpoint, open_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from writ.ledger.tiles import ENTRIES, WIDTH, Tile, TiledNodes, decode_bundle


@dataclass
class Reader:
    """Keeps the last checkpoint it saw, and demands of the next that it be consistent and readable."""

    stores: Stores
    seen: Checkpoint | None = None
    looks: int = 0

    def look(self, chance: random.Random) -> None:
        """Read the checkpoint, its consistency with the last one, and the inclusion of some leaf."""
        standing = self.stores.files.checkpoint
        if standing is None:
            if self.seen is not None:
                raise Violation("I5: the checkpoint is gone")
            return
        try:
            found = open_checkpoint(standing[0], ORIGIN, self.stores.signer.public_key())
            self._check(found, chance)
        except VerificationError as error:
            raise Violation(f"I5: the published log does not prove itself: {error}") from error
        self.seen = found
        self.looks += 1

    def _check(self, found: Checkpoint, chance: random.Random) -> None:
        nodes = TiledNodes(found.size, self._tile)
        if self.seen is not None:
            if found.size < self.seen.size:
                raise Violation(f"I5: a checkpoint of {found.size} came after one of {self.seen.size}")
            proof = consistency_proof(nodes, self.seen.size, found.size)
            verify_consistency(
                self.seen.size, found.size, proof=proof, first_root=self.seen.root, second_root=found.root
            )
        index = chance.randrange(found.size)
        bundle = index // WIDTH
        width = min(WIDTH, found.size - bundle * WIDTH)
        leaf = list(decode_bundle(self._tile(Tile(ENTRIES, bundle, width))))[index % WIDTH]
        proof = inclusion_proof(nodes, index, found.size)
        verify_inclusion(leaf_hash(leaf), index, found.size, proof=proof, root=found.root)

    def _tile(self, tile: Tile) -> bytes:
        data = self.stores.files.files.get(tile.path)
        if data is None:
            raise Violation(f"a published tree lacks {tile.path}")
        return data
