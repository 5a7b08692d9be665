"""What the files of the log tell under their newest checkpoint: leaves and proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from writ.contracts.errors import NotFoundError, WritError
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.merkle import HASH_SIZE, consistency_proof, inclusion_proof
from writ.ledger.tiles import ENTRIES, WIDTH, Tile, TiledNodes, decode_bundle
from writ.ports.ledger import LogReader

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from writ.ledger.checkpoint import Checkpoint
    from writ.ledger.note import VerifierKey


@dataclass(frozen=True, slots=True)
class Head:
    """The newest checkpoint, and the note that carries its signatures."""

    note: bytes
    checkpoint: Checkpoint

    @property
    def size(self) -> int:
        return self.checkpoint.size


@dataclass(frozen=True, slots=True)
class Log:
    """The log as of one head. Whoever gets a proof checks it against that head's signed root."""

    files: LogReader
    head: Head

    @classmethod
    def open(cls, files: LogReader) -> Log:
        """The log under its newest checkpoint, whose signature holds.

        Raises NotFoundError before the first one, VerificationError for one that the log did not sign.
        """
        trust = files.read(TRUST_ROOT)
        if trust is None:
            raise _nothing_yet()
        from writ.ledger.trust import TrustRoot  # neither a search nor a log without a checkpoint needs keys

        root = TrustRoot.decode(trust)
        return cls.under(files, root.origin, root.log_key, root.note_key)

    @classmethod
    def under(
        cls,
        files: LogReader,
        origin: str,
        key: ec.EllipticCurvePublicKey,
        second: VerifierKey | None = None,
    ) -> Log:
        """The same, where the log's name and keys are known from elsewhere."""
        from writ.ledger.checkpoint import open_checkpoint

        found = files.read_checkpoint()
        if found is None:
            raise _nothing_yet()
        return cls(files, Head(found[0], open_checkpoint(found[0], origin, key, second)))

    def leaf(self, index: int) -> bytes:
        """Raises NotFoundError beyond the end of the log."""
        if index >= self.head.size:
            raise NotFoundError(f"the checkpoint covers {self.head.size} leaves", field="index")
        number, offset = divmod(index, WIDTH)
        leaves = decode_bundle(self._newest(ENTRIES, number))
        return next(islice(leaves, offset, None))

    def inclusion(self, index: int, size: int) -> Sequence[bytes]:
        """The audit path, leaf to root, of a leaf in the tree of `size` leaves."""
        return inclusion_proof(TiledNodes(size, self._tile), index, size)

    def consistency(self, first: int, second: int) -> Sequence[bytes]:
        """The proof that the tree of `first` leaves begins that of `second`."""
        return consistency_proof(TiledNodes(second, self._tile), first, second)

    def _tile(self, tile: Tile) -> bytes:
        """A tile of a tree that may be smaller: what it holds begins the tile that is there by now."""
        return self._newest(tile.level, tile.index)[: tile.width * HASH_SIZE]

    def _newest(self, level: int, index: int) -> bytes:
        count = self.head.size >> (8 * max(level, 0))
        tile = Tile(level, index, min(WIDTH, count - index * WIDTH))
        data = self.files.read(tile.path)
        if data is None:
            raise WritError(f"the log has no {tile.path}", code="ledger.corrupt")
        return data


def _nothing_yet() -> NotFoundError:
    return NotFoundError("the log has no checkpoint yet", code="not_found.checkpoint")
