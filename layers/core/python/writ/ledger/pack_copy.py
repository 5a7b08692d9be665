"""A pack out of a copy of the log: offline, with the proof of each statement but no promise of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

from writ.contracts.statement import Statement
from writ.ledger.dsse import decode
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import read_statement
from writ.ledger.leaf import decode_leaf
from writ.ledger.log import Log
from writ.ledger.logcopy import LogCopy, entry_of
from writ.ledger.pack import MAX_ENTRIES, Pack, thinned
from writ.ledger.packed import decode_pack
from writ.ledger.proving import Logged, covering, earlier_of, item_of
from writ.ledger.question import Question
from writ.ledger.tiles import ENTRIES, WIDTH, decode_bundle, tiles_of
from writ.ledger.trust import TrustRoot

Progress = Callable[[int, int], None]


def pack_of_copy(
    copy: LogCopy, trust: TrustRoot, question: Question, progress: Progress | None = None
) -> Pack:
    """The pack that answers a question under the copy's checkpoint.

    A copy says nothing of what an erased statement was about, so a pack out of one has only those that
    can be read. `progress` is called with leaves looked at and leaves in all, once an entry bundle.

    Raises
    ------
    VerificationError
        The copy does not prove a statement that is asked for, or has no signed head.
    """
    log = Log.under(copy, trust.origin, trust.log_key, trust.note_key)
    items = [item_of(log, trust, logged) for logged in _asked(copy, question, log.head.size, progress)]
    notes: dict[int, bytes] = {}
    for name in copy.earlier_checkpoint_files():
        note = copy.earlier_checkpoint(name)
        checkpoint = trust.open_earlier(note)
        if 0 < checkpoint.size < log.head.size:
            notes.setdefault(checkpoint.size, note)
    sizes = covering(thinned([item.index for item in items]), list(notes))
    earlier = [earlier_of(log, trust, notes[size]) for size in sizes]
    return Pack(question, trust, log.head.note, log.head.checkpoint, items, earlier)


def _asked(copy: LogCopy, question: Question, size: int, progress: Progress | None) -> Iterator[Logged]:
    """The entries that are asked for, in the order of the log."""
    single = _single(copy, question)
    found = 0
    for tile in tiles_of(ENTRIES, size):
        data, packed = copy.tile(tile), copy.pack(tile)
        if data is None:
            raise VerificationError(f"the copy has no {tile.path}", code="ledger.copy")
        envelopes = None if packed is None else decode_pack(packed, tile.width)
        first = tile.index * WIDTH
        for offset, leaf in enumerate(decode_bundle(data)):
            logged = None
            digest = decode_leaf(leaf).envelope_sha256
            if (alone := single.pop(digest, None)) is not None:
                logged = Logged(first + offset, alone, copy.statement(alone))
            elif envelopes is not None:
                logged = _beside(first + offset, digest, envelopes[offset], question)
            if logged is not None:
                found += 1
                _check_count(found)
                yield logged
        if progress is not None:
            progress(first + tile.width, size)
    if single:
        raise VerificationError(
            f"entry {min(single.values())} is not in the log as it is here", code="ledger.copy"
        )


def _single(copy: LogCopy, question: Question) -> dict[str, str]:
    """Entries with a file of their own that are asked for, by the digest of their envelope."""
    found: dict[str, str] = {}
    for name in copy.statement_files():
        entry = entry_of(name)
        envelope = copy.statement(entry)
        if _is_asked(_statement(envelope), question):
            found[sha256(envelope).hexdigest()] = entry
            _check_count(len(found))
    return found


def _beside(index: int, digest: str, envelope: bytes | None, question: Question) -> Logged | None:
    """The entry whose envelope stands beside its leaf, if it is asked for."""
    if envelope is None:
        return None
    if sha256(envelope).hexdigest() != digest:
        raise VerificationError(f"leaf {index} is of another statement", code="ledger.copy")
    statement = _statement(envelope)
    return Logged(index, statement.predicate.entry, envelope) if _is_asked(statement, question) else None


def _statement(envelope: bytes) -> Statement:
    return read_statement(decode(envelope).payload)


def _is_asked(statement: Statement, question: Question) -> bool:
    return question.matches([one.digest.sha256 for one in statement.subject], statement.predicate.time)


def _check_count(count: int) -> None:
    if count > MAX_ENTRIES:
        raise VerificationError(f"more than {MAX_ENTRIES} statements: ask for less", code="ledger.pack")
