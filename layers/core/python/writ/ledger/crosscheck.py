"""The questions that span leaves: duplicates, `prev` chains, intents and outcomes, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from writ.ledger.book import Book
from writ.ledger.findings import Certificates, Finding, Severity

SETTLING: Final = timedelta(minutes=15)

# Whole actions come in again where something else is of their stream, claims one of their entries, or names
# one of their statements as the one before it. All others can have no part in a finding: their own
# statements are one each of intent, approval and outcome, linked in order.
_FETCH: Final = """
INSERT INTO leaf (idx, entry, payload, damaged) SELECT idx, entry, payload, 1 FROM marred;
CREATE TEMP TABLE touched (stream TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT OR IGNORE INTO touched SELECT stream FROM leaf WHERE stream IS NOT NULL;
INSERT OR IGNORE INTO touched
    SELECT substr(entry, 1, length(entry) - length(phase) - 1) FROM leaf
    JOIN (SELECT 'intent' AS phase UNION SELECT 'approval' UNION SELECT 'outcome')
    WHERE entry LIKE '%.' || phase;
INSERT OR IGNORE INTO touched SELECT stream FROM closed GROUP BY stream HAVING count(*) > 1;
CREATE TEMP TABLE named (payload BLOB PRIMARY KEY) WITHOUT ROWID;
INSERT OR IGNORE INTO named SELECT prev FROM leaf WHERE prev IS NOT NULL;
CREATE TEMP TABLE again AS SELECT * FROM closed
    WHERE stream IN (SELECT stream FROM touched) OR p1 IN (SELECT payload FROM named)
    OR p3 IN (SELECT payload FROM named) OR p2 IN (SELECT payload FROM named);
INSERT INTO leaf (idx, entry, stream, payload, action, time)
    SELECT i1, stream || '.intent', stream, p1, 'intent', time FROM again;
INSERT INTO leaf (idx, entry, stream, payload, prev, prev_entry, action, time)
    SELECT i2, stream || '.approval', stream, p2, p1, stream || '.intent', 'approval', time
    FROM again WHERE i2 IS NOT NULL;
INSERT INTO leaf (idx, entry, stream, payload, prev, prev_entry, action, time)
    SELECT i3, stream || '.outcome', stream, p3, coalesce(p2, p1),
        stream || iif(p2 IS NULL, '.intent', '.approval'), 'outcome', time
    FROM again;
CREATE INDEX leaf_idx ON leaf (idx);
CREATE INDEX leaf_entry ON leaf (entry);
CREATE INDEX leaf_payload ON leaf (payload);
CREATE INDEX leaf_stream ON leaf (stream);
CREATE INDEX leaf_prev ON leaf (prev);
"""
_LATEST: Final = "SELECT max(time) FROM (SELECT time FROM leaf UNION ALL SELECT time FROM closed)"
_DUPLICATES: Final = """
SELECT entry, max(idx), min(idx) FROM leaf
WHERE entry IS NOT NULL GROUP BY entry HAVING count(*) > 1 ORDER BY 2
"""
_CHAINS: Final = """
SELECT this.idx, this.entry, this.prev_entry,
       before.idx IS NULL AND NOT EXISTS (
           SELECT 1 FROM leaf AS marred
           WHERE marred.damaged AND marred.entry = this.prev_entry AND marred.idx < this.idx),
       before.damaged = 0 AND (before.stream <> this.stream OR before.entry <> this.prev_entry),
       EXISTS (SELECT 1 FROM leaf AS rival WHERE rival.prev = this.prev AND rival.idx < this.idx)
FROM leaf AS this LEFT JOIN leaf AS before ON before.payload = this.prev AND before.idx < this.idx
WHERE this.prev IS NOT NULL ORDER BY this.idx
"""
_STARTS: Final = """
SELECT max(idx), stream, min(idx) FROM leaf
WHERE stream IS NOT NULL AND prev IS NULL GROUP BY stream HAVING count(*) > 1 ORDER BY 1
"""
_UNFINISHED: Final = """
SELECT idx, entry, verdict, ?1 - time FROM leaf AS this WHERE action = 'intent'
AND NOT EXISTS (SELECT 1 FROM leaf WHERE stream = this.stream AND action = 'outcome')
AND NOT EXISTS (SELECT 1 FROM leaf WHERE entry = this.stream || '.outcome' AND damaged) ORDER BY idx
"""
_UNANNOUNCED: Final = """
SELECT idx, entry FROM leaf AS this WHERE action = 'outcome'
AND NOT EXISTS (SELECT 1 FROM leaf WHERE stream = this.stream AND action = 'intent')
AND NOT EXISTS (SELECT 1 FROM leaf WHERE damaged AND entry = this.stream || '.intent')
AND NOT EXISTS (SELECT 1 FROM leaf WHERE damaged AND payload = this.prev)
ORDER BY idx
"""
_UNISSUED: Final = "SELECT first, fingerprint, used FROM certificate WHERE used AND NOT issued ORDER BY first"


def cross_check(book: Book) -> Iterator[Finding]:
    """Findings that need more than one leaf: duplicates, `prev` chains, intents and outcomes.

    Spreads out in the book what they need; nothing can be added to it afterwards.
    """
    rows = book.database.execute
    for statement in _FETCH.split(";"):
        rows(statement)
    for entry, index, first in rows(_DUPLICATES):
        yield Finding("entry.duplicate", f"the entry is already leaf {first}", index, entry)
    for index, entry, previous, missing, foreign, forked in rows(_CHAINS):
        before = f"its predecessor {previous}"
        if missing:
            yield Finding("chain.broken", f"{before} is not in the log before it", index, entry)
        elif foreign:
            yield Finding("chain.foreign", f"{before} is not of its stream", index, entry)
        elif forked:
            yield Finding("chain.forked", f"{before} has another successor", index, entry)
    for index, stream, first in rows(_STARTS):
        yield Finding("chain.restarted", f"stream {stream} already began at leaf {first}", index, None)
    [(latest,)] = rows(_LATEST)
    for index, entry, verdict, age in rows(_UNFINISHED, (latest,)):
        waiting = verdict == "review" or age <= SETTLING.total_seconds()
        severity = Severity.OPEN if waiting else Severity.FAULT
        yield Finding("intent.open", "the intent has no outcome", index, entry, severity)
    for index, entry in rows(_UNANNOUNCED):
        yield Finding("outcome.unannounced", "the outcome has no intent", index, entry)


def unissued(book: Book) -> Iterator[Finding]:
    """Certificates that signed statements and that the authority has no record of issuing."""
    for first, fingerprint, used in book.database.execute(_UNISSUED):
        message = f"certificate {fingerprint} was never issued, and signed {used} statements from here on"
        yield Finding("certificate.unissued", message, first)


def certificates(book: Book, *, listed: bool) -> Certificates:
    """How many certificates were used and, where the copy lists them, issued."""
    query = "SELECT total(used > 0), total(issued), total(issued AND NOT used) FROM certificate"
    used, issued, unused = map(int, book.database.execute(query).fetchone())
    return Certificates(used, issued, unused) if listed else Certificates(used)
