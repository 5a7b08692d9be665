"""Verification of a whole log, offline: every leaf, tile, root, checkpoint, statement and chain.

Reads untrusted bytes. What is wrong with one leaf becomes a `Finding` that names it; only a log without
a readable signed head raises, and then `VerificationError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256

from writ.ledger.book import Book
from writ.ledger.checkpoint import open_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.findings import Finding, Report
from writ.ledger.leaf import Leaf, decode_leaf
from writ.ledger.logcopy import LogCopy, entry_of
from writ.ledger.recover import traces
from writ.ledger.replay import Replay
from writ.ledger.trust import TrustRoot

Progress = Callable[[int, int], None]


def verify_log(copy: LogCopy, trust: TrustRoot, progress: Progress | None = None) -> Report:
    """Rebuild a log from its entries and check it against its signed head and its statements.

    Parameters
    ----------
    copy
        The log copy; see `logcopy` for its layout.
    trust
        The trust root, from a source the verifier believes.
    progress
        Called with leaves done and leaves in all, once a bundle.

    Raises
    ------
    VerificationError
        When there is no checkpoint signed by the log to hold the copy against.
    """
    checkpoint = open_checkpoint(copy.checkpoint(), trust.origin, trust.log_key, trust.note_key)
    report = Report(checkpoint)
    with closing(Book()) as book:
        report.add(_read_files(copy, book))
        replay = Replay(copy, checkpoint, trust)
        report.add(replay.read_earlier_checkpoints())
        checker = EvidenceChecker(trust)
        for first, leaves in replay.bundles():
            report.add(replay.take_findings())
            report.add(_check_leaves(first, leaves, copy, checker, book))
            if progress is not None:
                progress(first + len(leaves), checkpoint.size)
        report.add(replay.finish())
        report.add(_name_damaged(copy, book))
        report.add(book.cross_check())
        report.statements = book.verified()
    return report


def _read_files(copy: LogCopy, book: Book) -> Iterator[Finding]:
    for file_name in copy.statement_files():
        try:
            entry = entry_of(file_name)
            book.add_file(entry, sha256(copy.statement(entry)).hexdigest())
        except VerificationError as error:
            yield Finding(error.code, error.message)


def _check_leaves(
    first: int, leaves: list[bytes | None], copy: LogCopy, checker: EvidenceChecker, book: Book
) -> Iterator[Finding]:
    for index, leaf in enumerate(leaves, first):
        if leaf is None:
            book.add_damaged(index, None, None)
        else:
            yield from _check_leaf(index, leaf, copy, checker, book)


def _check_leaf(
    index: int, data: bytes, copy: LogCopy, checker: EvidenceChecker, book: Book
) -> Iterator[Finding]:
    entry: str | None = None
    leaf: Leaf | None = None
    try:
        leaf = decode_leaf(data)
        entry = book.claim(index, leaf.envelope_sha256)
        if entry is None:
            book.add_damaged(index, None, leaf)
            return
        book.add_statement(index, leaf, checker.check(entry, copy.statement(entry), leaf))
    except VerificationError as error:
        book.add_damaged(index, entry, leaf)
        yield Finding(error.code, error.message, index, entry)


def _name_damaged(copy: LogCopy, book: Book) -> Iterator[Finding]:
    """Bring together leaves without a statement and statements without a leaf: an edit leaves one of each."""
    orphans = book.unclaimed()
    for entry in orphans:
        signature, payload_sha256 = traces(copy.statement(entry))
        candidates = book.nameless(signature=signature, payload_sha256=payload_sha256)
        if not candidates and len(orphans) == 1:
            candidates = book.nameless()
        if len(candidates) == 1:
            book.name(candidates[0], entry)
            message = "the stored statement is not the one that was logged"
            yield Finding("statement.altered", message, candidates[0], entry)
        else:
            yield Finding("statement.unlogged", "no leaf is of this statement", None, entry)
    for index in book.nameless():
        yield Finding("statement.missing", "the copy has no statement for this leaf", index)
