"""Brings cosignatures onto the published checkpoint, beside the sequencer and never in its way.

The log goes on whether or not witnesses answer. Only a note that the log signed and published is sent out,
and what comes back is added below the log's own lines, if the note still stands by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from writ.contracts.errors import ConflictError, TransientError, WritError
from writ.ledger.checkpoint import Checkpoint, open_checkpoint
from writ.ledger.cosignature import cosigned_at
from writ.ledger.cosigning import CosignatureClient, Cosigned
from writ.ledger.errors import VerificationError
from writ.ledger.log import Head, Log
from writ.ledger.logcopy import TRUST_ROOT, WITNESS_POLICY
from writ.ledger.note import Note
from writ.ports.clock import Clock
from writ.ports.ledger import LogFiles
from writ.ports.witness import WitnessServer

if TYPE_CHECKING:
    from writ.ledger.witness_policy import KnownWitness

# A cosignature says when the head was the newest: older than this it is asked for again.
REFRESH_AFTER: Final = timedelta(minutes=5)
# One that did not answer is left alone for a while, so that it does not hold up the others every second.
REST: Final = timedelta(minutes=1)
_ATTEMPTS: Final = 3
_AT_ONCE: Final = 8


@dataclass(slots=True)
class Cosigning:
    """What one run came to, by the witnesses' names in the policy.

    `away`: no answer, which passes. `refusing`: an answer that somebody has to look at.
    """

    size: int = 0
    cosigned: dict[str, datetime] = field(default_factory=dict)
    away: dict[str, WritError] = field(default_factory=dict)
    refusing: dict[str, WritError] = field(default_factory=dict)


class Publisher:
    """Has the checkpoint of one log cosigned by the witnesses of its policy."""

    def __init__(self, files: LogFiles, server: WitnessServer, clock: Clock) -> None:
        self._files = files
        self._server = server
        self._clock = clock
        self._clients: dict[KnownWitness, CosignatureClient] = {}
        self._resting: dict[KnownWitness, datetime] = {}

    def publish(self) -> Cosigning:
        """Ask every witness that has not cosigned the newest checkpoint, or not lately.

        Raises
        ------
        TransientError
            A store failed; calling again is safe.
        WritError
            The policy or the trust root does not read, or a tile is gone.
        """
        done = Cosigning()
        for _ in range(_ATTEMPTS):
            if not self._attempt(done):
                break
        return done

    def _attempt(self, done: Cosigning) -> bool:
        """Whether the checkpoint was replaced meanwhile, so that it is worth while to begin again."""
        found, policy = self._files.read_checkpoint(), self._files.read(WITNESS_POLICY)
        trust = self._files.read(TRUST_ROOT)
        if found is None or policy is None or trust is None:
            return False
        from writ.ledger.trust import TrustRoot  # a log without witnesses has no use for either
        from writ.ledger.witness_policy import Policy

        root = TrustRoot.decode(trust)
        checkpoint = open_checkpoint(found[0], root.origin, root.log_key, root.note_key)
        note = Note.parse(found[0])
        due = [known for known in Policy.parse(policy).witnesses.values() if self._is_due(note, known)]
        done.size, done.away, done.refusing = checkpoint.size, {}, {}
        obtained = self._ask(due, note, checkpoint, done)
        if obtained:
            signed = note.signed_with(each.signature for each in obtained.values())
            try:
                self._files.replace_checkpoint(signed.encode(), found[1])
            except ConflictError:
                return True
            done.cosigned = {name: each.at for name, each in obtained.items()}
        return self._overtaken(done, found[1])

    def _is_due(self, note: Note, known: KnownWitness) -> bool:
        now = self._clock.now()
        if known.url is None or now < self._resting.get(known, now):
            return False
        try:
            at = cosigned_at(note, known.key)
        except VerificationError:
            return True  # a line that does not hold is replaced by one that does
        return at is None or now - at >= REFRESH_AFTER

    def _ask(
        self, due: Sequence[KnownWitness], note: Note, checkpoint: Checkpoint, done: Cosigning
    ) -> dict[str, Cosigned]:
        obtained: dict[str, Cosigned] = {}
        if not due:
            return obtained
        with ThreadPoolExecutor(min(len(due), _AT_ONCE)) as pool:
            asked = [(known, pool.submit(self._obtain, known, note, checkpoint)) for known in due]
        for known, answer in asked:
            try:
                obtained[known.name] = answer.result()
            except TransientError as error:
                done.away[known.name] = error
                self._resting[known] = self._clock.now() + REST
            except WritError as error:
                done.refusing[known.name] = error
        return obtained

    def _obtain(self, known: KnownWitness, note: Note, checkpoint: Checkpoint) -> Cosigned:
        client = self._clients.setdefault(known, CosignatureClient(known, self._server))
        log = Log(self._files, Head(note.encode(), checkpoint))
        return client.obtain(note, checkpoint, log.consistency)

    def _overtaken(self, done: Cosigning, tag: str) -> bool:
        """A witness that is ahead of a checkpoint which stands no more has only seen the next one."""
        if not any(error.code == "witness.ahead" for error in done.refusing.values()):
            return False
        latest = self._files.read_checkpoint()
        return latest is not None and not done.cosigned and latest[1] != tag
