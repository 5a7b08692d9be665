"""A pack out of a copy of the log: offline, with the proof of each statement but no promise of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

from writ.ledger.dsse import decode
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import read_statement
from writ.ledger.leaf import decode_leaf
from writ.ledger.log import Log
from writ.ledger.logcopy import LogCopy, entry_of
from writ.ledger.pack import MAX_ENTRIES, Pack, thinned
from writ.ledger.proving import Logged, covering, earlier_of, item_of
from writ.ledger.question import Question
from writ.ledger.tiles import ENTRIES, decode_bundle, tiles_of
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
    wanted = _wanted(copy, question)
    placed = [place for place in _leaves(copy, log.head.size, progress) if place[1] in wanted]
    if unlogged := wanted.keys() - {digest for _, digest in placed}:
        entry = min(wanted[digest] for digest in unlogged)
        raise VerificationError(f"entry {entry} is not in the log as it is here", code="ledger.copy")
    items = [
        item_of(log, trust, Logged(index, wanted[digest], copy.statement(wanted[digest])))
        for index, digest in placed
    ]
    notes: dict[int, bytes] = {}
    for name in copy.earlier_checkpoint_files():
        note = copy.earlier_checkpoint(name)
        checkpoint = trust.open_earlier(note)
        if 0 < checkpoint.size < log.head.size:
            notes.setdefault(checkpoint.size, note)
    sizes = covering(thinned([item.index for item in items]), list(notes))
    earlier = [earlier_of(log, trust, notes[size]) for size in sizes]
    return Pack(question, trust, log.head.note, log.head.checkpoint, items, earlier)


def _wanted(copy: LogCopy, question: Question) -> dict[str, str]:
    """Entries that are asked for, by the digest of their envelope."""
    found: dict[str, str] = {}
    for name in copy.statement_files():
        entry = entry_of(name)
        envelope = copy.statement(entry)
        statement = read_statement(decode(envelope).payload)
        subjects = [subject.digest.sha256 for subject in statement.subject]
        if question.matches(subjects, statement.predicate.time):
            found[sha256(envelope).hexdigest()] = entry
        if len(found) > MAX_ENTRIES:
            raise VerificationError(f"more than {MAX_ENTRIES} statements: ask for less", code="ledger.pack")
    return found


def _leaves(copy: LogCopy, size: int, progress: Progress | None) -> Iterator[tuple[int, str]]:
    """Index and envelope digest of every leaf."""
    index = 0
    for tile in tiles_of(ENTRIES, size):
        data = copy.tile(tile)
        if data is None:
            raise VerificationError(f"the copy has no {tile.path}", code="ledger.copy")
        for leaf in decode_bundle(data):
            yield index, decode_leaf(leaf).envelope_sha256
            index += 1
        if progress is not None:
            progress(index, size)
