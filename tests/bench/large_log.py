"""A log of any size on disk, as a busy plane would have made it; the same arguments make the same bytes.

`python -m tests.bench.large_log FOLDER ENTRIES` makes one. Bots act a thousand times a second, intents and
outcomes of many actions interleaved; some wait for a person, some are open at the end, some were erased.
Certificates are renewed every half hour, a checkpoint is anchored every second.
"""

from __future__ import annotations

import heapq
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from rich.console import Console
from rich.progress import Progress

from tests.support.log_forge import BOTS, NOW, Forge, put
from writ.adapters.kms import KmsPrivateKey
from writ.contracts import statement as statements
from writ.contracts.action import Action, Approval, Decision, Outcome, Status, Target, Verdict
from writ.ledger.packed import encode_pack, pack_path
from writ.ledger.session import RENEW_AFTER, Session
from writ.ledger.tiles import ENTRIES, WIDTH, Edge, Tile, edge_tiles, grow

RATE: Final = 1000
NAMES: Final = ("backlog", "registry", "canary", "release", "triage", "billing", "scanner", "policy")
_WARM: Final = 8
_REVIEWED: Final = 0.02
_ERASED: Final = 0.002
_ERASED_AT_ONCE: Final = 50
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Progressing = Callable[[int, int], None]


@dataclass(frozen=True)
class _Signer:
    """A P-256 key from a seed, whose signatures are those of RFC 6979: the same for the same bytes."""

    key: ec.EllipticCurvePrivateKey

    @classmethod
    def of(cls, seed: str) -> KmsPrivateKey:
        number = int.from_bytes(sha256(seed.encode()).digest(), "big") % (_P256_ORDER - 1) + 1
        signer: Any = cls(ec.derive_private_key(number, ec.SECP256R1()))
        return KmsPrivateKey(signer)

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.key.public_key()

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


@dataclass(order=True, frozen=True)
class _Due:
    """The next statement of an action, and from which leaf on it is due."""

    at: int
    number: int
    action: Action = field(compare=False)
    phase: statements.Phase = field(default=statements.Phase.INTENT, compare=False)
    link: statements.Link | None = field(default=None, compare=False)
    reviewed: bool = field(default=False, compare=False)
    erased: bool = field(default=False, compare=False)

    @property
    def stated_by(self) -> str:
        """Answers are stated by the function that takes them, all else by the action's bot."""
        return "approvals" if self.phase is statements.Phase.APPROVAL else self.action.bot


@dataclass(frozen=True)
class Made:
    """One leaf, its envelope, and the SHA-256 of the payload."""

    leaf: bytes
    envelope: bytes
    payload_sha256: str
    erased: bool = False


class Bots:
    """Bots that act, and what they state, in the order of the log."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._seed = seed
        self._serials = count(2**64)
        self._sessions: dict[tuple[str, int, int], Session] = {}
        self.certificates: dict[str, bytes] = {}
        with self._same_serials():
            self.forge = Forge(*(_Signer.of(f"{seed} {name}") for name in ("log", "ca", "ct")))

    def leaves(self, entries: int) -> Iterator[Made]:
        """As many statements, signed."""
        waiting: list[_Due] = []
        erased: list[dict[str, Any]] = []
        numbers = count()
        for index in range(entries):
            time = NOW + timedelta(milliseconds=index * 1000 // RATE)
            if len(erased) >= _ERASED_AT_ONCE or (erased and index == entries - 1):
                yield self._sign(statements.ERASER, time, self._erasure(index, time, erased))
                erased = []
                continue
            due = (
                heapq.heappop(waiting) if waiting and waiting[0].at <= index else self._begin(index, numbers)
            )
            entry = statements.entry_id(due.action.id, due.phase)
            made = self._sign(due.stated_by, time, self._statement(due, time), erased=due.erased)
            if due.erased:
                erased.append({"leaf": index, "entry": entry, "payload": made.payload_sha256})
            follows = self._following(due, index, statements.Link(entry=entry, sha256=made.payload_sha256))
            if follows is not None:
                heapq.heappush(waiting, follows)
            yield made

    def _begin(self, index: int, numbers: Iterator[int]) -> _Due:
        number, chance = next(numbers), self._random.random()
        action = Action.of(
            self._random.choice(NAMES),
            "strengthen-candidate",
            Target(kind="task", id=f"task-{self._hex(f'task {number}')[:32]}"),
            reason=f"the check build failed again at {self._hex(str(number))[:12]}",
            once_per=(f"event-{number}",),
            parameters={"check": "build", "run": number, "repository": "octo/hello-world"},
        )
        erased = _REVIEWED <= chance < _REVIEWED + _ERASED
        return _Due(index, number, action, reviewed=chance < _REVIEWED, erased=erased)

    def _following(self, due: _Due, index: int, link: statements.Link) -> _Due | None:
        """What comes next of an action: soon, or after a person has looked."""
        if due.phase is statements.Phase.OUTCOME:
            return None
        asks = due.reviewed and due.phase is statements.Phase.INTENT
        wait = self._random.randrange(1, 60 * RATE if asks else 2 * RATE)
        phase = statements.Phase.APPROVAL if asks else statements.Phase.OUTCOME
        return replace(due, at=index + wait, phase=phase, link=link)

    def _statement(self, due: _Due, time: datetime) -> dict[str, Any]:
        action, stamp = due.action, self._stamp(due.stated_by, time, f"{due.number} {due.phase}")
        if due.link is None:
            verdict = Verdict.REVIEW if due.reviewed else Verdict.ALLOW
            decision = Decision(verdict=verdict, bundle_digest=self._hex("bundle"), decided_at=time)
            cause = statements.Cause(id=f"github-{self._hex(action.id)[:36]}", type="CheckFailed.v1")
            return statements.intent(action, decision, cause, stamp)
        if due.phase is statements.Phase.APPROVAL:
            answer = Approval(approved=True, by="octocat", at=time, reason="looks right")
            return statements.approval(action, answer, due.link, stamp)
        result = Outcome(status=Status.SUCCEEDED, observed={"digest": self._hex(f"after {due.number}")})
        return statements.outcome(action, result, due.link, stamp)

    def _erasure(self, index: int, time: datetime, erased: list[dict[str, Any]]) -> dict[str, Any]:
        stamp = self._stamp(statements.ERASER, time, f"erasure {index}")
        return {
            "_type": statements.STATEMENT_TYPE,
            "subject": [{"digest": {"sha256": self._hex(f"person {index}")}}],
            "predicateType": statements.ERASURE,
            "predicate": {
                "entry": f"erasure-{index}",
                "stream": f"erasure-{index}",
                "prev": None,
                "actor": stamp.actor.model_dump(),
                "time": statements.rfc3339(time),
                "salt": stamp.salt,
                "erased": erased,
            },
        }

    def _stamp(self, bot: str, time: datetime, salt: str) -> statements.Stamp:
        actor = statements.Actor(bot=bot, version="1.0.0", code=self._hex(bot))
        return statements.Stamp(actor, time, self._hex(f"salt {salt}"))

    def _sign(self, bot: str, time: datetime, statement: dict[str, Any], *, erased: bool = False) -> Made:
        session = self._session(bot, time)
        signed = session.sign(statement)
        return Made(session.leaf(signed), signed.encoded, signed.payload_sha256, erased)

    def _session(self, bot: str, time: datetime) -> Session:
        key = (bot, self._random.randrange(_WARM), (time - NOW) // RENEW_AFTER)
        if key not in self._sessions:
            private = _Signer.of(f"{self._seed} {key}")
            began = NOW + key[2] * RENEW_AFTER
            with self._same_serials():
                issued = self.forge.issuer.issue(private.public_key(), BOTS + bot, began)
            self._sessions[key] = made = Session(private, issued)
            self.certificates[made.fingerprint] = made.certificate_pem
        return self._sessions[key]

    def _same_serials(self) -> Any:
        return patch.object(x509, "random_serial_number", lambda: next(self._serials))

    def _hex(self, seed: str) -> str:
        """Hex digits that do not compress, as digests and salts do not."""
        return sha256(f"{self._seed} {seed}".encode()).hexdigest()


def write_log(folder: Path, entries: int, seed: int = 1, progress: Progressing = lambda _d, _a: None) -> Edge:
    """Write the copy of a log of so many entries, its envelopes in packs; its last edge."""
    bots = Bots(seed)
    edge = Edge()
    made: list[Made] = []
    for number, each in enumerate(bots.leaves(entries), 1):
        made.append(each)
        if len(made) < WIDTH and number < entries:
            continue
        growth = grow(edge, [each.leaf for each in made])
        for tile, data in growth.files.items():
            if tile.width == WIDTH or number == entries:
                put(folder / tile.path, data)
        pack = pack_path(Tile(ENTRIES, edge.size // WIDTH, len(made)))
        put(folder / pack, encode_pack([None if each.erased else each.envelope for each in made]))
        if edge.size // RATE != growth.edge.size // RATE and number < entries:
            note = bots.forge.note(growth.edge.size, growth.edge.root())
            put(folder / "checkpoints" / f"{growth.edge.size:012d}", note)
        edge, made = growth.edge, []
        progress(number, entries)
    for tile in edge_tiles(edge.size):
        if tile.level > 0:
            put(folder / tile.path, edge.rows[tile.level])
    for fingerprint, pem in bots.certificates.items():
        put(folder / "certificates" / f"{fingerprint}.pem", pem)
    put(folder / "checkpoint", bots.forge.note(edge.size, edge.root()))
    put(folder / "trust-root.json", bots.forge.trust.encode())
    return edge


def main(folder: str, entries: str) -> None:
    """Make one, unless it is there."""
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task(f"a log of {entries} entries", total=int(entries))
        write_log(Path(folder), int(entries), progress=lambda done, _all: bar.update(task, completed=done))


if __name__ == "__main__":
    main(*sys.argv[1:])
