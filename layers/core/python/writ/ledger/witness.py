"""A witness: it cosigns the tree heads of a log as long as each is consistent with the one before.

https://c2sp.org/tlog-witness, `add-checkpoint`. It never rolls back and never cosigns two histories: what it
saw last is replaced by compare-and-set before a cosignature is made.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from writ.contracts.errors import ConflictError
from writ.ledger.checkpoint import Checkpoint, read_head
from writ.ledger.cosignature import cosign
from writ.ledger.errors import VerificationError
from writ.ledger.merkle import EMPTY_ROOT, verify_consistency
from writ.ledger.note import MAX_NOTE, Note, VerifierKey, decode_root, signers
from writ.ports.witness import SeenHead, WatchedLog, WatchedLogs

MAX_PROOF: Final = 63
MAX_REQUEST: Final = MAX_NOTE + 4096
SIZE_TYPE: Final = "text/x.tlog.size"
TEXT: Final = "text/plain; charset=utf-8"
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request to cosign a note, with the proof that the tree of `old_size` leaves begins its tree."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old_size}", *(b64encode(item).decode() for item in self.proof), "", ""]
        return "\n".join(lines).encode() + self.note

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read the body of a request.

        Raises
        ------
        VerificationError
            `witness.request`, with the part at fault: malformed.
        """
        if len(body) > MAX_REQUEST:
            raise _malformed("the request is too long", "body")
        head, separator, note = body.partition(b"\n\n")
        if not separator:
            raise _malformed("no empty line before the checkpoint", "body")
        try:
            first, *proof = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise _malformed("not ASCII above the checkpoint", "body") from None
        match = _OLD.fullmatch(first)
        if match is None:
            raise _malformed("the first line is not `old` and a size", "old")
        if len(proof) > MAX_PROOF:
            raise _malformed(f"a proof has {MAX_PROOF} hashes at most", "proof")
        try:
            return cls(int(match[1]), tuple(decode_root(line) for line in proof), note)
        except ValueError:
            raise _malformed("a line of the proof is not a hash in Base64", "proof") from None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answers: an HTTP status and a body."""

    status: int
    body: bytes
    content_type: str = TEXT


class Witness:
    """Cosigns with one key; `sign` returns the Ed25519 signature of what it is given."""

    def __init__(self, key: VerifierKey, logs: WatchedLogs, sign: Callable[[bytes], bytes]) -> None:
        self._key = key
        self._logs = logs
        self._sign = sign

    def add_checkpoint(self, body: bytes, now: datetime) -> Answer:
        """Answer a request; what is wrong with it is an answer as well.

        Raises
        ------
        WritError
            The memory or the key failed; nothing was cosigned, and the same request may be sent again.
        """
        try:
            request = AddCheckpoint.decode(body)
            note = Note.parse(request.note)
        except VerificationError as error:
            return _refusal(400, error.message)
        log = self._logs.read(note.origin)
        if log is None:
            return _refusal(404, "this witness does not watch that log")
        if not _is_signed(note, log):
            return _refusal(403, "no key of that log has signed the checkpoint")
        try:
            checkpoint, _ = read_head(note.text)
        except VerificationError as error:
            return _refusal(400, error.message)
        return self._consider(request, note, checkpoint, log.seen, now)

    def _consider(
        self, request: AddCheckpoint, note: Note, checkpoint: Checkpoint, seen: SeenHead | None, now: datetime
    ) -> Answer:
        if request.old_size > checkpoint.size:
            return _refusal(400, "the old size is larger than the checkpoint's")
        size = seen.size if seen else 0
        if request.old_size != size:
            return _conflict(size)
        if seen is not None and checkpoint.size == size and checkpoint.root != seen.root:
            return _conflict(size)
        try:
            _check(request.proof, checkpoint, seen)
        except VerificationError as error:
            return _refusal(422, error.message)
        return self._cosign(note, checkpoint, seen, now)

    def _cosign(self, note: Note, checkpoint: Checkpoint, seen: SeenHead | None, now: datetime) -> Answer:
        """Remember, then sign. An unchanged head is remembered as well: `now` is before that, so it is true
        that nothing larger had been seen by then."""
        try:
            self._logs.advance(checkpoint.origin, seen, SeenHead(checkpoint.size, checkpoint.root))
        except ConflictError:
            latest = self._logs.read(checkpoint.origin)
            return _conflict(latest.seen.size if latest and latest.seen else 0)
        return Answer(200, cosign(note.text, self._key, now, self._sign).encode())


def _is_signed(note: Note, log: WatchedLog) -> bool:
    keys = [VerifierKey.parse(text) for text in log.keys]
    try:
        return bool(signers(note, keys))
    except VerificationError:
        return False


def _check(proof: Sequence[bytes], checkpoint: Checkpoint, seen: SeenHead | None) -> None:
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise VerificationError("an empty tree has another root", code="witness.inconsistent")
    if seen is None or seen.size == 0:
        if proof:
            raise VerificationError("nothing can be proved from an empty tree", code="witness.inconsistent")
        return
    verify_consistency(
        seen.size, checkpoint.size, proof=proof, first_root=seen.root, second_root=checkpoint.root
    )


def _conflict(size: int) -> Answer:
    return Answer(409, f"{size}\n".encode(), SIZE_TYPE)


def _refusal(status: int, message: str) -> Answer:
    return Answer(status, f"{message}\n".encode())


def _malformed(message: str, field: str) -> VerificationError:
    return VerificationError(message, code="witness.request", field=field)
