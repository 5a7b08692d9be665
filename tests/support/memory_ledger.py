"""The ledger's ports in memory, with the conditional semantics of the real ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec

from writ.adapters.system import SystemClock
from writ.contracts.errors import ConflictError
from writ.ledger.dsse import ECDSA
from writ.ledger.edges import edges_of
from writ.ledger.trust import load_key
from writ.ledger.x509 import CertificateIssuer, issued_certificate
from writ.ports.clock import Clock
from writ.ports.ledger import (
    CertificateStore,
    Head,
    IndexedEntry,
    IssuedCertificate,
    KeptPromise,
    StoredEntry,
)


@dataclass
class MemoryEntries:
    entries: dict[str, StoredEntry] = field(default_factory=dict)

    def append(self, entry: StoredEntry) -> None:
        if entry.entry_id in self.entries:
            raise ConflictError("the entry exists")
        self.entries[entry.entry_id] = entry

    def get_many(self, entry_ids: Sequence[str]) -> Mapping[str, StoredEntry]:
        return {name: self.entries[name] for name in entry_ids if name in self.entries}

    def appended_in(self, minute: datetime) -> Iterable[str]:
        return [
            entry.entry_id
            for entry in self.entries.values()
            if entry.appended_at.replace(second=0, microsecond=0) == minute
        ]


@dataclass
class MemoryHeads:
    head: Head = field(default_factory=Head)
    swept: datetime | None = None

    def read(self) -> Head:
        return self.head

    def swap(self, before: Head, after: Head) -> None:
        if self.head.version != before.version:
            raise ConflictError("the head moved")
        self.head = after

    def read_swept(self) -> datetime | None:
        return self.swept

    def write_swept(self, minute: datetime) -> None:
        self.swept = minute


@dataclass
class MemoryFiles:
    """`published` keeps every note that ever stood as the checkpoint, in order."""

    files: dict[str, bytes] = field(default_factory=dict)
    checkpoint: tuple[bytes, str] | None = None
    published: list[bytes] = field(default_factory=list)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def create(self, path: str, data: bytes) -> None:
        if self.files.setdefault(path, data) != data:
            raise ConflictError(f"{path} exists with other content", code="ledger.forked")

    def read_tagged(self, path: str) -> tuple[bytes, str] | None:
        data = self.files.get(path)
        return None if data is None else (data, sha256(data).hexdigest())

    def replace(self, path: str, data: bytes, tag: str) -> None:
        if path not in self.files or sha256(self.files[path]).hexdigest() != tag:
            raise ConflictError(f"{path} has changed")
        self.files[path] = data

    def read_checkpoint(self) -> tuple[bytes, str] | None:
        return self.checkpoint

    def replace_checkpoint(self, note: bytes, tag: str | None) -> None:
        if (self.checkpoint[1] if self.checkpoint else None) != tag:
            raise ConflictError("the checkpoint moved")
        self.checkpoint = (note, sha256(note).hexdigest())  # of the content alone, as an ETag is
        self.published.append(note)


@dataclass
class MemoryAnchors:
    clock: Clock = field(default_factory=SystemClock)
    copies: dict[tuple[int, bytes], bytes] = field(default_factory=dict)
    times: dict[tuple[int, bytes], datetime] = field(default_factory=dict)

    def create(self, size: int, root: bytes, note: bytes) -> None:
        self.copies.setdefault((size, root), note)
        self.times.setdefault((size, root), self.clock.now())

    def first_covering(self, index: int) -> bytes | None:
        return next((self.copies[key] for key in sorted(self.copies) if key[0] > index), None)

    def covered_at(self, index: int) -> datetime | None:
        return next((self.times[key] for key in sorted(self.times) if key[0] > index), None)

    def notes(self, after: str, limit: int) -> Sequence[tuple[str, bytes]]:
        named = sorted((f"{size:020d}-{root.hex()}", note) for (size, root), note in self.copies.items())
        return [(name, note) for name, note in named if name > after][:limit]

    def from_size(self, size: int) -> Sequence[tuple[int, bytes]]:
        return sorted(key for key in self.copies if key[0] >= size)[:10]


@dataclass
class MemoryIndex:
    locations: dict[str, IndexedEntry] = field(default_factory=dict)
    edges: dict[str, dict[int, IndexedEntry]] = field(default_factory=dict)

    def find(self, entries: Sequence[tuple[str, str]]) -> Mapping[str, int]:
        found = ((name, self.locations.get(name)) for _, name in entries)
        return {name: entry.index for name, entry in found if entry is not None}

    def write(self, entries: Sequence[IndexedEntry]) -> None:
        for entry in entries:
            self.locations[entry.entry_id] = entry
            for edge in edges_of(entry):
                self.edges.setdefault(edge, {})[entry.index] = entry

    def erase(self, entry: IndexedEntry) -> None:
        gone = replace(entry, subjects=(), nodes=(), erased=True)
        kept = set(edges_of(gone))
        for edge in edges_of(entry):
            if entry.index in self.edges.get(edge, {}):
                del self.edges[edge][entry.index]
                if edge in kept:
                    self.edges[edge][entry.index] = gone
        if entry.entry_id in self.locations:
            self.locations[entry.entry_id] = gone

    def page(self, edge: str, after: int, limit: int, *, consistent: bool = False) -> Sequence[IndexedEntry]:
        listed = sorted(self.edges.get(edge, {}).items())
        return [entry for index, entry in listed if index > after][:limit]

    def latest(self, edge: str, before: int | None, limit: int) -> Sequence[IndexedEntry]:
        listed = sorted(self.edges.get(edge, {}).items(), reverse=True)
        return [entry for index, entry in listed if before is None or index < before][:limit]


@dataclass
class MemoryCertificates:
    certificates: dict[str, bytes] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=dict)

    @property
    def root(self) -> bytes | None:
        """The first generation's."""
        return self.roots.get(1)

    def get(self, fingerprint: str) -> bytes | None:
        return self.certificates.get(fingerprint)

    def put(self, issued: IssuedCertificate) -> None:
        self.certificates[issued.fingerprint] = issued.pem

    def get_root(self, generation: int) -> bytes | None:
        return self.roots.get(generation)

    def issued(self, after: str | None, limit: int) -> tuple[Sequence[tuple[str, bytes]], str | None]:
        names = [name for name in sorted(self.certificates) if after is None or name > after]
        page = [(name, self.certificates[name]) for name in names[:limit]]
        return page, page[-1][0] if len(names) > limit else None

    def put_root(self, generation: int, pem: bytes) -> None:
        if generation in self.roots:
            raise ConflictError("there is a root")
        self.roots[generation] = pem


@dataclass
class MemoryPromises:
    kept: dict[tuple[bytes, int], KeptPromise] = field(default_factory=dict)

    def get(self, log_id: bytes, index: int) -> KeptPromise | None:
        return self.kept.get((log_id, index))

    def put(self, log_id: bytes, index: int, promise: KeptPromise) -> None:
        if (log_id, index) in self.kept:
            raise ConflictError("there is a promise")
        self.kept[(log_id, index)] = promise


@dataclass
class MemorySigner:
    """The log's key; `signed` keeps every text it was ever asked to sign."""

    key: ec.EllipticCurvePrivateKey
    signed: list[bytes] = field(default_factory=list)

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.key.public_key()

    def sign(self, data: bytes) -> bytes:
        self.signed.append(data)
        return self.key.sign(data, ECDSA)


@dataclass
class MemoryAuthority:
    """Certifies any key for one bot, and stores the certificate as the real one does."""

    issuer: CertificateIssuer
    identity: str
    certificates: CertificateStore
    clock: Clock
    issued: int = 0

    def certify(self, public_key: bytes) -> bytes:
        issued = self.issuer.issue(load_key(public_key), self.identity, self.clock.now())
        record = issued_certificate(issued, self.identity.rsplit("/", 1)[1])
        self.certificates.put(record)
        self.issued += 1
        return record.pem
