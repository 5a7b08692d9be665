"""What the ledger keeps outside: entries, the head of the log, its files, its index, its keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """The data key of one person; `ref` is random, and says nothing of whose it is."""

    ref: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Erased:
    """What is left of a payload: its SHA-256 in hex, and the entry of the erasure that took it."""

    payload_sha256: str
    by: str


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A signed envelope as appended, with what the index is made of.

    `certificate` is the SHA-256 of the signer's DER certificate, in hex; `previous` the entry id of the
    statement before it in its stream; `time` is the statement's, `appended_at` the store's client's.
    `persons` are the people it is about when it is appended, `keys` the references of their data keys when
    it is read. An entry that is `erased` has an empty envelope and no subjects.
    """

    entry_id: str
    envelope: bytes
    certificate: str
    actor: str
    type: str
    stream: str
    previous: str | None
    subjects: tuple[str, ...]
    time: datetime
    appended_at: datetime
    persons: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    erased: Erased | None = None


class SubjectKeys(Protocol):
    """Data keys of people: one at a time for a name, which is another one once they were erased."""

    def current(self, persons: Sequence[str]) -> Sequence[SubjectKey]:
        """The present key of each person, made now where there is none."""

    def find(self, refs: Sequence[str]) -> Mapping[str, SubjectKey]:
        """Keys by their references; those that were destroyed are left out."""

    def forget(self, keys: Sequence[SubjectKey]) -> None:
        """These keys are no longer current: look again."""


class EntryStore(Protocol):
    """Envelopes by entry id: written once, never changed but by erasure."""

    def append(self, entry: StoredEntry) -> None:
        """Durable once it returns. Raises ConflictError when the id is taken.

        What is about people is sealed with their present keys, and is durable only if those are still
        present at that moment.
        """

    def get_many(self, entry_ids: Sequence[str]) -> Mapping[str, StoredEntry]:
        """Strongly consistent; ids that do not exist are left out."""

    def appended_in(self, minute: datetime) -> Iterable[str]:
        """Ids of the entries appended in a minute; may lack the most recent ones."""


@dataclass(frozen=True, slots=True)
class Head:
    """The committed head of the log. Until `applied`, its files and its checkpoint may be missing.

    `base` is the size before the commit. `version` rises with every change.
    """

    size: int = 0
    root: bytes = b""
    base: int = 0
    applied: bool = True
    published_at: datetime | None = None
    version: int = 0


class HeadStore(Protocol):
    """One head, changed by compare-and-set only."""

    def read(self) -> Head:
        """Strongly consistent; the empty head before the first commit."""

    def swap(self, before: Head, after: Head) -> None:
        """Replace `before` by `after`. Raises ConflictError when the head is no longer `before`."""

    def read_swept(self) -> datetime | None:
        """The minute up to which appended entries were checked for integration."""

    def write_swept(self, minute: datetime) -> None: ...


class LogReader(Protocol):
    """The public files of the log, to read."""

    def read(self, path: str) -> bytes | None: ...

    def read_checkpoint(self) -> tuple[bytes, str] | None:
        """The signed note and a tag of its version."""


class LogFiles(LogReader, Protocol):
    """The public files of the log."""

    def create(self, path: str, data: bytes) -> None:
        """Write a file that never changes. Raises ConflictError when it exists with other content."""

    def read_tagged(self, path: str) -> tuple[bytes, str] | None:
        """A file that may change, and a tag of its version."""

    def replace(self, path: str, data: bytes, tag: str) -> None:
        """Write a file that may change. Raises ConflictError unless it is still at `tag`."""

    def replace_checkpoint(self, note: bytes, tag: str | None) -> None:
        """Raises ConflictError unless the note is still at `tag` (None: absent)."""


class Anchors(Protocol):
    """Copies of checkpoints that nobody can delete or replace."""

    def create(self, size: int, root: bytes, note: bytes) -> None:
        """Keep a copy; one that is there already stays."""

    def from_size(self, size: int) -> Sequence[tuple[int, bytes]]:
        """Sizes and roots of some copies of at least this size, smallest first; empty if there is none."""


class AnchorNotes(Protocol):
    """The anchored checkpoints themselves."""

    def first_covering(self, index: int) -> bytes | None:
        """The signed note of the first anchored checkpoint that covers leaf `index`; None without one."""


class AnchorList(Protocol):
    """All of the anchored checkpoints, page by page."""

    def notes(self, after: str, limit: int) -> Sequence[tuple[str, bytes]]:
        """Names and signed notes, in the order of names, which begin with the size in twenty digits."""


class AnchorTimes(Protocol):
    """When checkpoints were anchored, by the clock of where they are."""

    def covered_at(self, index: int) -> datetime | None:
        """When the first anchored checkpoint that covers leaf `index` was made; None before there is one."""


@dataclass(frozen=True, slots=True)
class KeptPromise:
    """A log's signature over when a leaf was integrated, as it was first made."""

    integrated_at: datetime
    signature: bytes


class PromiseStore(Protocol):
    """Promises by log id and leaf index: made once, never changed."""

    def get(self, log_id: bytes, index: int) -> KeptPromise | None:
        """Strongly consistent."""

    def put(self, log_id: bytes, index: int, promise: KeptPromise) -> None:
        """Durable once it returns. Raises ConflictError when there is one."""


class Notary(Protocol):
    """Has the log promise when a leaf was integrated."""

    def promise(self, index: int) -> KeptPromise:
        """The one promise of a leaf, made now if there is none.

        Raises ConflictError `conflict.late` for a leaf that was integrated after its certificate, and
        TransientError when it cannot be had now.
        """


@dataclass(frozen=True, slots=True)
class IndexedEntry:
    """Where an entry is in the log, with what lists show of it; of an `erased` one no subjects.

    `nodes` are digests under which it is listed besides; lists do not show them.
    """

    entry_id: str
    index: int
    actor: str
    type: str
    stream: str
    time: datetime
    subjects: tuple[str, ...] = ()
    nodes: tuple[str, ...] = field(default=(), compare=False)
    erased: bool = False


class LogIndex(Protocol):
    """Leaf indexes by entry, and entries by what they are about."""

    def find(self, entries: Sequence[tuple[str, str]]) -> Mapping[str, int]:
        """Leaf index by entry id, of (stream, entry id) pairs; strongly consistent; the rest left out."""

    def write(self, entries: Sequence[IndexedEntry]) -> None:
        """Index one commit; doing so again changes nothing."""

    def page(self, edge: str, after: int, limit: int, *, consistent: bool = False) -> Sequence[IndexedEntry]:
        """Entries on an edge with a leaf index above `after`, in order, `limit` of them at most.

        Strongly consistent if asked for; else the most recent ones may be missing.
        """

    def latest(self, edge: str, before: int | None, limit: int) -> Sequence[IndexedEntry]:
        """Entries on an edge with a leaf index below `before`, or all; the newest first, `limit` at most."""

    def erase(self, entry: IndexedEntry) -> None:
        """Take an entry off the edges of its subjects, and mark it erased on the others; repeatable."""


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate with what it is looked up by."""

    fingerprint: str
    pem: bytes
    bot: str
    not_before: datetime
    not_after: datetime


class CertificateStore(Protocol):
    """Certificates the authority issued, as PEM, by the SHA-256 of their DER form in hex."""

    def get(self, fingerprint: str) -> bytes | None: ...

    def put(self, issued: IssuedCertificate) -> None: ...

    def get_root(self, generation: int) -> bytes | None:
        """The root certificate of a generation of the authority's key, strongly consistent."""

    def put_root(self, generation: int, pem: bytes) -> None:
        """Raises ConflictError when that generation has one already."""


class IssuedCertificates(CertificateStore, Protocol):
    """The same, and all of them page by page."""

    def issued(self, after: str | None, limit: int) -> tuple[Sequence[tuple[str, bytes]], str | None]:
        """Fingerprints and PEM of at most `limit`, roots left out, strongly consistent; and where to go on.

        A page may be empty though there are more.
        """


class LogSigner(Protocol):
    """The log's key, which never leaves where it is kept."""

    def public_key(self) -> ec.EllipticCurvePublicKey: ...

    def sign(self, data: bytes) -> bytes:
        """DER ECDSA over SHA-256 of the data."""


class NoteSigner(Protocol):
    """An Ed25519 key, which never leaves where it is kept."""

    def material(self) -> bytes:
        """The 32 bytes of the public key."""

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature of the data, RFC 8032."""


class Authority(Protocol):
    """Certifies session keys of whoever can prove to be a bot."""

    def certify(self, public_key: bytes) -> bytes:
        """The PEM certificate for a DER public key. Raises TransientError when it cannot be had now."""
