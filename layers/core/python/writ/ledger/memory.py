"""What a verifier remembers: the last checkpoint of each log, so that a log can neither shrink nor change.

A head counts as remembered only under a trust root whose key signed it: the file is no more believed than
any other, and a log made anew under the same origin is another log.
"""

from datetime import datetime, timedelta
from typing import Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from writ.contracts.errors import from_validation
from writ.ledger.checkpoint import Checkpoint, open_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Finding
from writ.ledger.trust import TrustRoot

# A log signs even an unchanged head anew every ten minutes; one that does not is shown from the past.
REFUSED_AFTER: Final = timedelta(minutes=15)
_KEPT: Final = 100


class Sight(BaseModel):
    """A signed note as it was seen: `first` when these very bytes were, `last` when they last were."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str
    first: AwareDatetime
    last: AwareDatetime


class Memory(BaseModel):
    """The newest checkpoint of each log that was seen; at most a hundred, the longest unseen forgotten."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    sights: list[Sight] = []

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Raises VerificationError `ledger.memory` for what `encode` does not write."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            problem = from_validation(error, "the remembered checkpoints")
            raise VerificationError(problem.message, code="ledger.memory", field=problem.field) from None

    def encode(self) -> bytes:
        return self.model_dump_json(indent=2).encode() + b"\n"

    def head(self, trust: TrustRoot) -> Checkpoint | None:
        """The last checkpoint seen of the log that the trust root is of."""
        found = self._sight(trust)
        return None if found is None else found[1]

    def staleness(self, note: bytes, trust: TrustRoot, now: datetime) -> Finding | None:
        """What is wrong with a live log that still shows the very note it showed a quarter of an hour ago.

        A note signed anew has another signature, so the bytes tell them apart.
        """
        found = self._sight(trust)
        if found is None or found[0].note.encode() != note or now - found[0].first <= REFUSED_AFTER:
            return None
        minutes = int((now - found[0].first) / timedelta(minutes=1))
        message = f"the log shows a checkpoint of {minutes} minutes ago; it should sign one every 10"
        return Finding("checkpoint.stale", message, found[1].size)

    def with_head(self, note: bytes, trust: TrustRoot, now: datetime) -> Self:
        """Remember a checkpoint as the newest of its log.

        Raises
        ------
        VerificationError
            `ledger.checkpoint`: the log did not sign it.
        """
        open_checkpoint(note, trust.origin, trust.log_key, trust.note_key)
        found = self._sight(trust)
        others = [sight for sight in self.sights if found is None or sight is not found[0]]
        same = found is not None and found[0].note.encode() == note
        first = found[0].first if found is not None and same else now
        sight = Sight(note=note.decode(), first=first, last=now)
        kept = sorted(others, key=lambda each: each.last)[-(_KEPT - 1) :]
        return self.model_copy(update={"sights": [*kept, sight]})

    def _sight(self, trust: TrustRoot) -> tuple[Sight, Checkpoint] | None:
        for sight in self.sights:
            try:
                return sight, trust.open_earlier(sight.note.encode())
            except VerificationError:
                continue  # of another log
        return None
