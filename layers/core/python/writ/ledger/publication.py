"""Which checkpoint stands for everybody to read, and the log's own way of replacing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from writ.contracts.errors import ConflictError
from writ.ledger.checkpoint import Checkpoint, carry_over, open_checkpoint, sign_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.note import KeyType, VerifierKey
from writ.ports.ledger import LogFiles, LogSigner, NoteSigner

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

_ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True)
class Publication:
    """Signs checkpoints of a log and has them stand. `former` are the log's keys of before."""

    origin: str
    files: LogFiles
    signer: LogSigner
    note_signer: NoteSigner | None
    former: Callable[[], Sequence[ec.EllipticCurvePublicKey]]

    def publish(self, checkpoint: Checkpoint, *, again: bool = False) -> bytes:
        """The note that stands for a committed head from now on: the one there is or, `again`, a new one.

        A witness whose line comes between reading and replacing costs no second signature: what was signed
        and is on no checkpoint looks like a thief's where signatures are counted.

        Raises
        ------
        ConflictError
            A later head stands already, or others kept replacing the note.
        """
        signed: bytes | None = None
        for _ in range(_ATTEMPTS):
            current = self.files.read_checkpoint()
            standing, by_key_in_use = self.standing(current)
            if standing is not None and standing.size > checkpoint.size:
                raise ConflictError("a later head is published already")
            same = current[0] if current is not None and standing == checkpoint else None
            if same is not None and by_key_in_use and not again:
                return same
            signed = signed or self._sign(checkpoint)
            note = signed if same is None else carry_over(signed, same, self.former())
            with suppress(ConflictError):
                self.files.replace_checkpoint(note, current[1] if current else None)
                return note
        raise ConflictError("others keep replacing the checkpoint")

    def standing(self, current: tuple[bytes, str] | None) -> tuple[Checkpoint | None, bool]:
        """The published checkpoint, and whether the key in use signed it."""
        in_use = self.signer.public_key()
        for key in (in_use, *self.former()):
            with suppress(VerificationError):
                if current is not None:
                    return open_checkpoint(current[0], self.origin, key), key is in_use
        return None, False  # whatever stands there is not ours: the head is the truth, replace it

    def _sign(self, checkpoint: Checkpoint) -> bytes:
        second = None
        if self.note_signer is not None:
            material = self.note_signer.material()
            second = VerifierKey(self.origin, KeyType.ED25519, material), self.note_signer.sign
        return sign_checkpoint(checkpoint, self.signer.public_key(), self.signer.sign, second=second)
