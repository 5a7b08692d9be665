"""Shows what the ledger is for: edits one entry in a copy, and lets verification name the exact leaf."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cli.ledger.copying import COPIES
from cli.ledger.verify import open_copy, verify
from cli.output import UsageError
from writ.contracts.action import Status, Verdict
from writ.ledger.canonical import canonical
from writ.ledger.dsse import Envelope, decode
from writ.ledger.findings import Finding, Severity
from writ.ledger.leaf import decode_leaf
from writ.ledger.logcopy import LogCopy
from writ.ledger.tiles import ENTRIES, decode_bundle, tiles_of

TAMPERED: Final = COPIES / "tampered"


@dataclass(frozen=True, slots=True)
class Forgery:
    """One lie: in which entry, at which leaf, and what was made of what."""

    entry: str
    index: int
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A lie, and what verification says of it."""

    forgery: Forgery
    findings: tuple[Finding, ...]
    copy: Path

    @property
    def named(self) -> bool:
        """Whether exactly the leaf that was edited is named, by its index and its entry."""
        places = {(f.index, f.entry) for f in self.findings if f.severity is Severity.FAULT}
        return places == {(self.forgery.index, self.forgery.entry)}


def demonstrate(original: Path, target: Path = TAMPERED, entry: str | None = None) -> Demonstration:
    """Copy a copy, rewrite one statement so that it says something else, and verify.

    Raises UsageError when there is no such entry, or none at all.
    """
    open_copy(original)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(original, target)
    copy = LogCopy(target)
    entries = dict(entries_by_leaf(copy))
    if not entries:
        raise UsageError("the log is empty: there is nothing to tamper with", hint="make run")
    index = _leaf_of(entries, entry)
    forgery = forge(copy, entries[index], index)
    return Demonstration(forgery, tuple(verify(copy).findings), target)


def _leaf_of(entries: dict[int, str], entry: str | None) -> int:
    if entry is None:
        return sorted(entries)[len(entries) // 2]
    for index, name in entries.items():
        if name == entry:
            return index
    raise UsageError(f"the log has no entry {entry}", field="--entry", hint="writ actions list")


def entries_by_leaf(copy: LogCopy) -> Iterator[tuple[int, str]]:
    """Leaf index and entry id of every statement of a copy that is still as it was logged."""
    by_digest = {
        sha256((copy.folder / "statements" / name).read_bytes()).hexdigest(): name.removesuffix(".json")
        for name in copy.statement_files()
    }
    size = int(copy.checkpoint().split(b"\n", 2)[1])
    index = 0
    for tile in tiles_of(ENTRIES, size):
        for leaf in decode_bundle(copy.tile(tile) or b""):
            entry = by_digest.get(decode_leaf(leaf).envelope_sha256)
            if entry is not None:
                yield index, entry
            index += 1


def forge(copy: LogCopy, entry: str, index: int) -> Forgery:
    """Rewrite one statement of a copy, keeping its signature and its form."""
    envelope = decode(copy.statement(entry))
    statement = json.loads(envelope.payload)
    field, before, after = _lie(statement["predicate"])
    forged = Envelope(canonical(statement), envelope.signature)
    (copy.folder / "statements" / f"{entry}.json").write_bytes(forged.encode())
    return Forgery(entry, index, field, before, after)


def _lie(predicate: dict[str, Any]) -> tuple[str, str, str]:
    """Change what somebody would want changed: the outcome, the decision, or else who acted."""
    if "outcome" in predicate:
        part, name, lies = "outcome", "status", (Status.SUCCEEDED.value, Status.FAILED.value)
    elif "decision" in predicate:
        part, name, lies = "decision", "verdict", (Verdict.ALLOW.value, Verdict.DENY.value)
    else:
        part, name, lies = "actor", "bot", ("nobody", "somebody")
    before = str(predicate[part][name])
    after = next(lie for lie in lies if lie != before)
    predicate[part][name] = after
    return f"predicate.{part}.{name}", before, after
