"""A small log with packs out of it, and ways to tamper with a pack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.support.log_forge import NOW, Entry, Forge, put, stamp
from tests.support.stock import cut_off
from writ.contracts import statement as statements
from writ.ledger import archive
from writ.ledger.log import Log
from writ.ledger.logcopy import LogCopy
from writ.ledger.merkle import leaf_hash, root_of
from writ.ledger.pack import MANIFEST, Pack, document
from writ.ledger.proving import Logged, earlier_of, item_of
from writ.ledger.question import Question
from writ.ports.ledger import KeptPromise

HOUR = timedelta(hours=1)
EVERYTHING = Question.of(since=NOW - HOUR, until=NOW + HOUR)
ERASED_AT = NOW + 2 * HOUR
AFTER = timedelta(seconds=2)
SIZES = (3, 7)


@dataclass
class PackWorld:
    """A log of `count` actions, two statements each, as a copy in `folder`.

    At the end, later than `EVERYTHING`, is what an erasure says of leaves 4 and 5; `erasure` is its leaf.
    """

    folder: Path
    count: int = 6
    forge: Forge = field(default_factory=Forge)

    def __post_init__(self) -> None:
        self.entries: list[Entry] = self.forge.actions(self.count)
        self.erasure = len(self.entries)
        self.entries.append(self.erasing([4, 5]))
        self.forge.write_copy(self.folder, self.entries)
        hashes = [leaf_hash(entry.leaf) for entry in self.entries]
        for size in SIZES:
            root = root_of(hashes[:size])
            put(self.folder / "checkpoints" / f"{size:020d}-{root.hex()}", self.forge.note(size, root))

    def erasing(self, leaves: Sequence[int], bot: str = statements.ERASER, **changes: Any) -> Entry:
        """The erasure of some leaves, by any bot, with what it says of each changed."""
        return self.stated(self.erasure_of(leaves, bot, **changes))

    def stated(self, erasure: statements.Json) -> Entry:
        """An erasure, signed by the bot it names."""
        return self.forge.entry(self.forge.session(erasure["predicate"]["actor"]["bot"], ERASED_AT), erasure)

    def erasure_of(
        self, leaves: Sequence[int], bot: str = statements.ERASER, **changes: Any
    ) -> statements.Json:
        """The statement that `erasing` signs."""
        entries = [(leaf, self.entries[leaf]) for leaf in leaves]
        named = [statements.ErasedLeaf(leaf, one.id, one.signed.payload_sha256) for leaf, one in entries]
        named = [replace(leaf, **changes) for leaf in named]
        erased = statements.Erasure(of="ds-1", cause="request", action="act-1", leaves=named)
        return statements.erasure(erased, None, stamp(bot, ERASED_AT, "erasure"))

    @property
    def copy(self) -> LogCopy:
        return LogCopy(self.folder)

    @property
    def log(self) -> Log:
        return Log.under(self.copy, self.forge.trust.origin, self.forge.trust.log_key)

    def logged(self, index: int, *, promised: bool = True, erased: bool = False) -> Logged:
        entry = self.entries[index]
        integrated = (ERASED_AT if index >= self.erasure else NOW) + AFTER
        promise = KeptPromise(integrated, self.forge.promise(entry.leaf, index, integrated))
        envelope = None if erased else entry.signed.encoded
        return Logged(index, entry.id, envelope, promise if promised else None)

    def pack(self, *logged: Logged, question: Question = EVERYTHING, erasures: Sequence[Logged] = ()) -> Pack:
        """A pack of some entries and erasures, with every earlier checkpoint."""
        log, trust = self.log, self.forge.trust
        items = [item_of(log, trust, one) for one in logged]
        notes = [self.copy.earlier_checkpoint(name) for name in self.copy.earlier_checkpoint_files()]
        earlier = [earlier_of(log, trust, note) for note in notes]
        others = [item_of(log, trust, one) for one in erasures]
        return Pack(question, trust, log.head.note, log.head.checkpoint, items, earlier, others)

    def mixed(self) -> Pack:
        """One entry of each kind, and the erasure that the erased one needs."""
        return self.pack(
            self.logged(0),
            self.logged(3, promised=False),
            self.logged(4, promised=False, erased=True),
            erasures=[self.logged(self.erasure)],
        )


def sealed(members: dict[str, bytes]) -> bytes:
    """The pack of members after an edit, with every digest in the manifest made good."""
    manifest = json.loads(members[MANIFEST])
    manifest["files"] = {
        name: {"bytes": len(data), "sha256": sha256(data).hexdigest()}
        for name, data in members.items()
        if name != MANIFEST
    }
    return archive.encode({**members, MANIFEST: document(manifest)})


def edited(data: bytes, edit: Callable[[dict[str, bytes]], object]) -> bytes:
    """A pack whose members were edited by somebody who knows how packs are sealed."""
    members = archive.decode(data)
    edit(members)
    return sealed(members)


def in_json(name: str, edit: Callable[[Any], object]) -> Callable[[dict[str, bytes]], object]:
    """An edit inside a JSON member, which keeps its form."""

    def change(members: dict[str, bytes]) -> None:
        value = json.loads(members[name])
        edit(value)
        compact = b"\n" not in members[name]
        text = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        members[name] = text if compact else document(value)

    return change


def unpack(data: bytes, folder: Path) -> Path:
    """A pack as files."""
    for name, content in archive.decode(data).items():
        put(folder / name, content)
    return folder


def run_verifier(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`python verify.py` as an auditor runs it: nothing of ours to import, and no network."""
    command = [*cut_off(), sys.executable, "-I", str(folder / "verify.py"), *words]
    path = {"PATH": os.environ["PATH"]}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=path, timeout=60)
