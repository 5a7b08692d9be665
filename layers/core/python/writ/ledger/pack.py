"""Evidence packs: statements about one thing or of one time, with everything that proves them, in one file.

index.html                       what is in the pack, for people
manifest.json                    what was asked for, what is in the pack, and the SHA-256 of every file
trust.json                       the trust root, as stock Sigstore clients read it
verify.py                        checks the pack with Python and `cryptography` only
checkpoint                       the newest checkpoint of the log: a C2SP signed note
checkpoints/<size>-<root>        earlier ones: the first that covered each statement
consistency/<size>.json          proof that the log of that size begins the log of the newest checkpoint
bundles/<leaf>.json              a statement with all that proves it, as a Sigstore bundle
proofs/<leaf>.json               the same without a promise of the log, or the proof of an erased statement

An erased statement is in a pack only with the `erasure/v1` that names it: else whoever hides a statement
could call it erased. An erasure that does not answer the question itself is listed apart from those that do.

The same question on the same log at the same size has the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from writ.contracts.errors import ContractError
from writ.contracts.statement import PREDICATE_BASE, Predicate, Statement, rfc3339
from writ.ledger import archive
from writ.ledger.bundle import Bundle
from writ.ledger.checkpoint import Checkpoint
from writ.ledger.dsse import Envelope
from writ.ledger.erasure import Erased, erased_in
from writ.ledger.evidence import read_statement
from writ.ledger.leaf import decode_leaf
from writ.ledger.pack_page import page
from writ.ledger.proof import Proof, encode_consistency
from writ.ledger.question import Question
from writ.ledger.trust import TrustRoot
from writ.ledger.trusted_root import client_trust_config

FORMAT: Final = f"{PREDICATE_BASE}/pack/v2"
MAX_ENTRIES: Final = 9_000
MAX_CHECKPOINTS: Final = 64
PAGE: Final = "index.html"
MANIFEST: Final = "manifest.json"
TRUST: Final = "trust.json"
VERIFIER: Final = "verify.py"
CHECKPOINT: Final = "checkpoint"


class Kind(StrEnum):
    """What a pack has of an entry.

    `bundle`: a Sigstore bundle. `proof`: the statement and its place in the log, but no promise of the log
    about when it came there. `erased`: its place in the log only, for the statement is gone.
    """

    BUNDLE = "bundle"
    PROOF = "proof"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry in a pack: where it is in the log, its id, the statement if there is one, and its file."""

    index: int
    entry: str
    kind: Kind
    statement: Statement | None
    data: bytes

    @property
    def file(self) -> str:
        return file_of(self.kind, self.index)

    def gone(self) -> Erased | None:
        """What an erasure has to say of it; None where the statement is there."""
        if self.statement is not None:
            return None
        payload = decode_leaf(Proof.decode(self.data).leaf).payload_sha256
        return Erased(leaf=self.index, entry=self.entry, payload=payload)

    def erases(self) -> frozenset[Erased]:
        """What it says of others, being an erasure. Raises VerificationError for a malformed one."""
        return frozenset() if self.statement is None else frozenset(erased_in(self.statement, self.index))

    def row(self) -> dict[str, Any]:
        """What the manifest says of it, which is no more than what its file proves."""
        row: dict[str, Any] = {"index": self.index, "entry": self.entry, "kind": self.kind, "file": self.file}
        if self.statement is None:
            return row
        predicate = self.statement.predicate
        return {
            **row,
            "type": self.statement.predicate_type,
            "bot": predicate.actor.bot,
            "phase": predicate.phase,
            "action": _member(predicate, "action", "name"),
            "result": _result(predicate),
            "stream": predicate.stream,
            "time": rfc3339(predicate.time),
            "subjects": [
                {"name": subject.name, "sha256": subject.digest.sha256} for subject in self.statement.subject
            ],
        }


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier checkpoint: its signed note, and the proof that its tree begins the newest one."""

    note: bytes
    checkpoint: Checkpoint
    hashes: tuple[bytes, ...]

    @property
    def names(self) -> tuple[str, str]:
        """Where note and proof are in the pack."""
        size = f"{self.checkpoint.size:020d}"
        return f"checkpoints/{size}-{self.checkpoint.root.hex()}", f"consistency/{size}.json"

    def proof(self, newest: Checkpoint) -> bytes:
        """The file of the proof."""
        return encode_consistency(self.checkpoint.size, newest.size, self.hashes)


@dataclass(frozen=True, slots=True)
class Pack:
    """What a pack is made of.

    `note` is the newest checkpoint's. `erasures` are those that name an erased entry among `items` and do not
    answer the question themselves.
    """

    question: Question
    trust: TrustRoot
    note: bytes
    head: Checkpoint
    items: Sequence[Item]
    earlier: Sequence[Earlier] = ()
    erasures: Sequence[Item] = ()

    def encode(self, verifier: bytes | None = None) -> bytes:
        """The pack's bytes; `verifier` is the file `verify.py`, by default this package's.

        Raises
        ------
        ContractError
            `ledger.pack`: no statement, more than `MAX_ENTRIES`, or one twice; `ledger.archive`: too large.
        """
        if not self.items:
            raise ContractError("no statement in the log answers the question", code="ledger.pack")
        if len(self.items) > MAX_ENTRIES:
            raise ContractError(f"a pack has {MAX_ENTRIES} statements at most", code="ledger.pack")
        files = self._files(verifier or verifier_source())
        manifest = self.manifest(files)
        files[PAGE] = page(manifest).encode()
        listed = self.manifest(files)
        return archive.encode({**files, MANIFEST: document(listed)})

    def manifest(self, files: Mapping[str, bytes]) -> dict[str, Any]:
        """The manifest over these files."""
        return {
            "format": FORMAT,
            "question": self.question.document(),
            "log": {
                "origin": self.head.origin,
                "size": self.head.size,
                "root": self.head.root.hex(),
            },
            "entries": _rows(self.items),
            "erasures": _rows(self.erasures),
            "checkpoints": [
                {
                    "size": earlier.checkpoint.size,
                    "root": earlier.checkpoint.root.hex(),
                    "note": earlier.names[0],
                    "proof": earlier.names[1],
                }
                for earlier in self._in_order()
            ],
            "files": {
                name: {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
                for name, data in sorted(files.items())
            },
        }

    def _files(self, verifier: bytes) -> dict[str, bytes]:
        files = {
            TRUST: document(client_trust_config(self.trust)),
            VERIFIER: verifier,
            CHECKPOINT: self.note,
        }
        leaves = set[int]()
        for item in (*self.items, *self.erasures):
            if item.index in leaves:
                raise ContractError(f"leaf {item.index} is there twice", code="ledger.pack")
            leaves.add(item.index)
            files[item.file] = item.data
        for earlier in self.earlier:
            note, proof = earlier.names
            files |= {note: earlier.note, proof: earlier.proof(self.head)}
        return files

    def _in_order(self) -> list[Earlier]:
        return sorted(self.earlier, key=lambda earlier: earlier.checkpoint.size)


def _rows(items: Sequence[Item]) -> list[dict[str, Any]]:
    return [item.row() for item in sorted(items, key=lambda item: item.index)]


def _result(predicate: Predicate) -> str | None:
    """What a statement comes to: policy's verdict, a person's answer, or the outcome's status."""
    if predicate.decision:
        return predicate.decision.verdict.value
    if predicate.outcome:
        return predicate.outcome.status.value
    approved = _member(predicate, "approval", "approved")
    return None if approved is None else "approved" if approved else "rejected"


def _member(predicate: Predicate, part: str, name: str) -> Any:
    found = (predicate.model_extra or {}).get(part)
    return found.get(name) if isinstance(found, dict) else None


def file_of(kind: Kind, index: int) -> str:
    """Where the file of an entry is in a pack."""
    return f"{'bundles' if kind is Kind.BUNDLE else 'proofs'}/{index:020d}.json"


def read_item(index: int, entry: str, kind: Kind, data: bytes) -> Item:
    """An item from its file, which was verified when it was made.

    Raises
    ------
    VerificationError
        The file is not of its kind.
    """
    if kind is Kind.BUNDLE:
        envelope: Envelope | None = Bundle.decode(data).envelope
    else:
        envelope = Proof.decode(data).envelope
    return Item(index, entry, kind, None if envelope is None else read_statement(envelope.payload), data)


def erased_item(index: int, entry: str, proof: Proof) -> Item:
    """An entry whose statement nobody can read any more: it still proves that something was logged there."""
    return Item(index, entry, Kind.ERASED, None, proof.encode())


def thinned(sizes: Sequence[int], most: int = MAX_CHECKPOINTS) -> list[int]:
    """At most `most` of some sizes in rising order, spread evenly, the first and the last among them."""
    distinct = sorted(set(sizes))
    if len(distinct) <= most:
        return distinct
    return [distinct[place * (len(distinct) - 1) // (most - 1)] for place in range(most)]


def document(value: Any) -> bytes:
    """JSON that a person can read; the same value always has the same bytes."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True).encode() + b"\n"


@cache
def verifier_source() -> bytes:
    """`verify.py`, byte for byte as it is in this package."""
    return Path(__file__).with_name("pack_verifier.py").read_bytes()
