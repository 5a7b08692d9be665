"""A log's side of witnessing: asking a witness for its cosignature of a checkpoint."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from writ.contracts.errors import ConflictError, TransientError, WritError
from writ.ledger.checkpoint import Checkpoint
from writ.ledger.cosignature import verify_cosignature
from writ.ledger.errors import VerificationError
from writ.ledger.note import Note, Signature, parse_signatures
from writ.ledger.witness import AddCheckpoint
from writ.ledger.witness_policy import KnownWitness
from writ.ports.witness import Reply, WitnessServer

_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\n?")
_ATTEMPTS: Final = 3

# The consistency proof from the first size to the second.
Prove = Callable[[int, int], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A cosignature that holds, and the time in it."""

    signature: Signature
    at: datetime


class CosignatureClient:
    """Asks one witness; remembers which size it cosigned last, which spares a request."""

    def __init__(self, witness: KnownWitness, server: WitnessServer) -> None:
        self._witness = witness
        self._server = server
        self._size = 0

    def obtain(self, note: Note, checkpoint: Checkpoint, prove: Prove) -> Cosigned:
        """The witness' cosignature of a checkpoint that the log signed.

        Raises
        ------
        TransientError
            The witness does not answer, or is busy; the log goes on without it.
        ConflictError
            `witness.ahead`: it has cosigned a larger tree. Either a newer checkpoint is out by now, or the
            log has lost its tail.
        WritError
            `witness.inconsistent`: it knows another history of this log. `witness.refused`: it does not know
            the log or its key. `witness.answer`: what it answered is no cosignature of its key.
        """
        for _ in range(_ATTEMPTS):
            self._require_not_ahead(self._size, checkpoint)
            proof = prove(self._size, checkpoint.size) if 0 < self._size < checkpoint.size else ()
            request = AddCheckpoint(self._size, tuple(proof), note.encode())
            reply = self._server.post(self._witness.url or "", request.encode())
            if reply.status == 200:
                cosigned = self._read(reply.body, note)
                self._size = checkpoint.size
                return cosigned
            if reply.status != 409:
                raise self._refusal(reply)
            self._take_size(reply.body, checkpoint)
        raise TransientError(f"witness {self._name}: its size keeps changing", code="witness.busy")

    @property
    def _name(self) -> str:
        return self._witness.key.name

    def _read(self, body: bytes, note: Note) -> Cosigned:
        """Lines of unknown keys mean nothing; one of the witness' key that does not hold is an error."""
        key = self._witness.key
        try:
            lines = [
                line
                for line in parse_signatures(body.decode())
                if (line.name, line.key_id) == (key.name, key.key_id)
            ]
            found = [Cosigned(line, verify_cosignature(line, note.text, key)) for line in lines]
        except (UnicodeDecodeError, VerificationError):
            found = []
        if not found:
            raise WritError(f"witness {self._name} answered no cosignature of its key", code="witness.answer")
        return max(found, key=lambda cosigned: cosigned.at)

    def _take_size(self, body: bytes, checkpoint: Checkpoint) -> None:
        match = _SIZE.fullmatch(body.decode("ascii", "replace"))
        if match is None:
            raise WritError(f"witness {self._name} did not say which size it has", code="witness.answer")
        size = int(match[1])
        self._require_not_ahead(size, checkpoint)
        if size == self._size:  # our size was right, so it must be the root
            message = f"witness {self._name} knows another root of {size} leaves"
            raise WritError(message, code="witness.inconsistent")
        self._size = size

    def _require_not_ahead(self, size: int, checkpoint: Checkpoint) -> None:
        if size > checkpoint.size:
            message = f"witness {self._name} has cosigned {size} leaves, the checkpoint has {checkpoint.size}"
            raise ConflictError(message, code="witness.ahead")

    def _refusal(self, reply: Reply) -> WritError:
        if reply.status == 429 or reply.status >= 500:
            return TransientError(f"witness {self._name} answers {reply.status}", code="witness.busy")
        if reply.status == 422:
            message = f"witness {self._name} finds the log inconsistent with what it saw"
            return WritError(message, code="witness.inconsistent")
        return WritError(f"witness {self._name} answers {reply.status}", code="witness.refused")
