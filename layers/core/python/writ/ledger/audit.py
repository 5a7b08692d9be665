"""Rebuilding a whole log from its entries: the tree, every statement, and what statements say of each other.

Reads untrusted bytes. What is wrong with one leaf becomes a `Finding` that names it; only a log without
a readable signed head raises, and then `VerificationError`. Memory does not grow with the log.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

from writ.contracts.errors import ConflictError
from writ.ledger.book import Book, Place
from writ.ledger.checkpoint import Checkpoint, open_checkpoint
from writ.ledger.crosscheck import certificates, cross_check, unissued
from writ.ledger.errors import VerificationError
from writ.ledger.examine import Examined, Examiner, Marred, Task, fingerprint_of
from writ.ledger.findings import Finding, Report
from writ.ledger.logcopy import LogCopy, entry_of
from writ.ledger.recover import traces
from writ.ledger.replay import Replay, Step
from writ.ledger.trust import TrustRoot

WINDOW: Final = 64
_FORMAT: Final = "1"

Progress = Callable[[int, int], None]
# Examines tasks in their order, one after another or many at once.
Run = Callable[[Iterable[Task]], Iterator[Examined]]


def audit_log(
    copy: LogCopy,
    trust: TrustRoot,
    *,
    state: Path | None = None,
    signatures: bool = True,
    seen: Sequence[Checkpoint] = (),
    run: Run | None = None,
    progress: Progress | None = None,
    window: int = WINDOW,
) -> Report:
    """Rebuild a log from its entries and check it against its signed head and its statements.

    Parameters
    ----------
    copy
        The log copy; see `logcopy` for its layout.
    trust
        The trust root, from a source the verifier believes.
    state
        A file that keeps how far the audit is, and is gone when it has ended. An audit of the same head by
        the same trust root goes on from there and reports what it would have reported without a stop; the
        copy must not have been changed in between.
    signatures
        Whether each statement's signature is verified. Without them the log's form and its hashes are proved,
        but not who made the statements; the report says so.
    seen
        Heads of this log that were seen before: it must begin with each of them.
    run
        How bundles are examined; one after another if absent.
    progress
        Called with leaves done and leaves in all, once a bundle.
    window
        After how many bundles the state is written.

    Raises
    ------
    VerificationError
        When there is no checkpoint signed by the log to hold the copy against.
    ConflictError
        `ledger.audit_running`: another audit has this state.
    """
    checkpoint = open_checkpoint(copy.checkpoint(), trust.origin, trust.log_key, trust.note_key)
    identity = _identity(copy, checkpoint, trust, signatures, seen)
    with closing(_open_book(state, identity)) as book:
        audit = _Audit(copy, trust, checkpoint, book, Examiner(copy, trust, signatures=signatures))
        audit.walk(seen, run, progress or (lambda _done, _size: None), window)
        report = audit.conclude()
        report.signatures = signatures
    if state is not None:
        state.unlink(missing_ok=True)
    return report


class _Audit:
    def __init__(
        self, copy: LogCopy, trust: TrustRoot, checkpoint: Checkpoint, book: Book, examiner: Examiner
    ) -> None:
        self._copy = copy
        self._trust = trust
        self._checkpoint = checkpoint
        self._book = book
        self._examiner = examiner
        self._place = book.place() or Place()
        self._replay = Replay(copy, checkpoint, trust, self._place.edge, self._place.marred)

    def walk(self, seen: Sequence[Checkpoint], run: Run | None, progress: Progress, window: int) -> None:
        """Go through every bundle from where the last commit ended."""
        heads = [*self._replay.read_earlier_checkpoints()]
        for head in seen:
            heads += self._replay.demand(head)
        if self._book.place() is None:
            self._book.find(self._read_files())
            self._book.find(self._read_certificates())
            self._book.find(heads)
            self._book.commit(self._place)
        if self._place.edge.size:
            progress(self._place.edge.size, self._checkpoint.size)
        steps: deque[Step] = deque()
        for number, done in enumerate((run or self._in_turn)(self._tasks(steps)), 1):
            self._take(steps.popleft(), done)
            if not number % window:
                self._book.commit(self._place)
            progress(self._place.edge.size, self._checkpoint.size)
        self._book.commit(self._place)

    def conclude(self) -> Report:
        """What remains once every leaf was seen. Nothing of it is committed: it can be done again."""
        book, report = self._book, Report(self._checkpoint, self._place.statements)
        book.find(self._replay.finish())
        book.find(self._name_marred())
        listed = self._copy.has_certificates()
        if listed:
            book.find(unissued(book))
        report.erased = book.erased()
        report.certificates = certificates(book, listed=listed)
        book.find(cross_check(book))
        report.add(book.findings())
        return report

    def _in_turn(self, tasks: Iterable[Task]) -> Iterator[Examined]:
        return map(self._examiner, tasks)

    def _tasks(self, steps: deque[Step]) -> Iterator[Task]:
        for step in self._replay.steps():
            steps.append(step)
            yield Task(step.bundle, step.leaves)

    def _take(self, step: Step, done: Examined) -> None:
        book, place = self._book, self._place
        for index, leaf in done.absent:
            entry = book.claim(index, leaf.envelope_sha256)
            if entry is None:
                book.add_marred(Marred(index, leaf=leaf))
            else:
                self._examiner.examine_named(index, leaf, entry, self._copy.statement, done)
        book.find([*step.findings, *sorted(done.findings, key=lambda finding: finding.index or 0)])
        for marred in done.marred:
            book.add_marred(marred)
        book.add_rows(done.rows)
        book.add_erased(done.erased)
        for fingerprint, (first, count) in done.used.items():
            book.add_used(fingerprint, first, count)
        marred_too = (*place.marred, step.bundle.index) if step.marred else place.marred
        self._place = Place(step.edge, marred_too, place.statements + len(done.rows))

    def _read_files(self) -> Iterator[Finding]:
        for file_name in self._copy.statement_files():
            try:
                entry = entry_of(file_name)
                self._book.add_file(entry, sha256(self._copy.statement(entry)).hexdigest())
            except VerificationError as error:
                yield Finding(error.code, error.message)

    def _read_certificates(self) -> Iterator[Finding]:
        """Take in the certificates that were issued: each must be one that the trust root allows."""
        for name, pem in self._copy.certificates():
            try:
                self._examiner.signer(pem)
            except VerificationError as error:
                yield Finding(error.code, f"certificates/{name}: {error.message}")
            else:
                self._book.add_issued(fingerprint_of(pem))

    def _name_marred(self) -> Iterator[Finding]:
        """Bring together leaves without statement and statements without leaf: an edit leaves one of each."""
        book = self._book
        orphans = book.unclaimed()
        for entry in orphans:
            candidates = book.traced(*traces(self._copy.statement(entry)))
            if not candidates and len(orphans) == 1:
                candidates = list(book.nameless())
            if len(candidates) == 1:
                book.name(candidates[0], entry)
                message = "the stored statement is not the one that was logged"
                yield Finding("statement.altered", message, candidates[0], entry)
            else:
                yield Finding("statement.unlogged", "no leaf is of this statement", None, entry)
        for index in book.nameless():
            yield Finding("statement.missing", "the copy has no statement for this leaf", index)


def _identity(
    copy: LogCopy, checkpoint: Checkpoint, trust: TrustRoot, signatures: bool, seen: Sequence[Checkpoint]
) -> bytes:
    """What must be the same for an audit to go on from where another one ended."""
    told = f"{_FORMAT} {signatures} {copy.place}".encode()
    parts = [told, checkpoint.text(), trust.encode(), *(head.text() for head in seen)]
    return sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


def _open_book(path: Path | None, identity: bytes) -> Book:
    """The book of this very audit, or a new one in place of whatever is there."""
    if path is None:
        return Book()
    try:
        book = Book(str(path))
        if book.read_note("identity") == identity:
            return book
        book.close()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            message = f"another audit is at work in {path}"
            raise ConflictError(message, code="ledger.audit_running", field="state") from None
        # Not a book, or one that was cut short: there is nothing to go on from.
    for left in (path, path.with_name(f"{path.name}-journal")):
        left.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    book = Book(str(path))
    book.write_note("identity", identity)
    return book
