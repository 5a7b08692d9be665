"""Witnesses in memory: keys, what they remember, and a server that reaches them without a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.log_forge import NOW, ORIGIN, Forge
from writ.contracts.errors import ConflictError, TransientError
from writ.ledger.checkpoint import Checkpoint, log_verifier
from writ.ledger.cosignature import cosignature_key
from writ.ledger.merkle import consistency_proof
from writ.ledger.note import KeyType, Note, VerifierKey
from writ.ledger.tiles import Edge, Tile, TiledNodes, grow
from writ.ledger.witness import Witness
from writ.ledger.witness_policy import KnownWitness
from writ.ports.witness import Reply, SeenHead, WatchedLog


@dataclass
class MemoryWatchedLogs:
    """See WatchedLogs. `before_advance` runs right before a head is replaced."""

    logs: dict[str, WatchedLog] = field(default_factory=dict)
    before_advance: Callable[[], None] = lambda: None
    advanced: list[tuple[str, SeenHead]] = field(default_factory=list)

    def read(self, origin: str) -> WatchedLog | None:
        return self.logs.get(origin)

    def advance(self, origin: str, before: SeenHead | None, after: SeenHead) -> None:
        self.before_advance()
        log = self.logs[origin]
        if log.seen != before:
            raise ConflictError("the head moved")
        self.logs[origin] = WatchedLog(log.keys, after)
        self.advanced.append((origin, after))


@dataclass
class MemoryWitness:
    """A witness that watches the forge's log, and its URL."""

    name: str = "witness.example/w1"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    logs: MemoryWatchedLogs = field(default_factory=MemoryWatchedLogs)

    @property
    def verifier(self) -> VerifierKey:
        return cosignature_key(self.name, self.key.public_key().public_bytes_raw())

    @property
    def url(self) -> str:
        return f"https://{self.name}"

    def known(self, name: str = "w1") -> KnownWitness:
        return KnownWitness(name, self.verifier, self.url)

    def server(self) -> Witness:
        return Witness(self.verifier, self.logs, self.key.sign)

    def watch(self, *keys: VerifierKey) -> MemoryWitness:
        for key in keys:
            old = self.logs.logs.get(key.name, WatchedLog(()))
            self.logs.logs[key.name] = WatchedLog((*old.keys, key.encode()), old.seen)
        return self


@dataclass
class MemoryWitnesses:
    """See WitnessServer: witnesses by URL, at a time of its own; those in `down` do not answer."""

    witnesses: Sequence[MemoryWitness]
    now: datetime = NOW
    down: set[str] = field(default_factory=set)
    asked: list[tuple[str, bytes]] = field(default_factory=list)

    def post(self, prefix: str, body: bytes) -> Reply:
        self.asked.append((prefix, body))
        for witness in self.witnesses:
            if prefix == witness.url and witness.name not in self.down:
                answer = witness.server().add_checkpoint(body, self.now)
                return Reply(answer.status, answer.body)
        raise TransientError("no answer")


def log_key(forge: Forge) -> VerifierKey:
    return log_verifier(ORIGIN, forge.log_key.public_key())


def note_key(key: Ed25519PrivateKey, name: str = ORIGIN) -> VerifierKey:
    return VerifierKey(name, KeyType.ED25519, key.public_key().public_bytes_raw())


class Tree:
    """A tree of made-up leaves: its heads and the proofs between them."""

    def __init__(self, leaves: int, salt: str = "") -> None:
        self.leaves = [f"{salt}{number}".encode() for number in range(leaves)]

    def head(self, size: int) -> Checkpoint:
        return Checkpoint(ORIGIN, size, grow(Edge(), self.leaves[:size]).edge.root())

    def proof(self, first: int, second: int) -> Sequence[bytes]:
        if not 0 < first < second:
            return ()
        files = grow(Edge(), self.leaves[:second]).files
        return consistency_proof(
            TiledNodes(second, lambda tile: files[Tile(tile.level, tile.index, tile.width)]), first, second
        )

    def note(self, forge: Forge, size: int) -> Note:
        return Note.parse(forge.note(size, self.head(size).root))
