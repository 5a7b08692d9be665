"""The auditor's notebook: what each leaf said, on disk so that a log of any size can be cross-checked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from writ.contracts.statement import ACTION, Statement
from writ.ledger.findings import Finding, Severity
from writ.ledger.leaf import Leaf

SETTLING: Final = timedelta(minutes=15)
_SCHEMA: Final = """
CREATE TABLE file (entry TEXT PRIMARY KEY, envelope TEXT NOT NULL, leaf INTEGER) WITHOUT ROWID;
CREATE INDEX file_envelope ON file (envelope);
CREATE TABLE leaf (
    idx INTEGER PRIMARY KEY, entry TEXT, payload TEXT, signature BLOB, damaged INTEGER NOT NULL DEFAULT 0,
    stream TEXT, prev TEXT, prev_entry TEXT, action TEXT, verdict TEXT, time REAL
);
CREATE INDEX leaf_entry ON leaf (entry);
CREATE INDEX leaf_payload ON leaf (payload);
CREATE INDEX leaf_stream ON leaf (stream);
CREATE INDEX leaf_prev ON leaf (prev);
"""
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
SELECT idx, entry, verdict, (SELECT max(time) FROM leaf) - time FROM leaf AS this WHERE action = 'intent'
AND NOT EXISTS (SELECT 1 FROM leaf WHERE stream = this.stream AND action = 'outcome')
AND NOT EXISTS (SELECT 1 FROM leaf WHERE entry = this.stream || '.outcome' AND damaged) ORDER BY idx
"""
_UNANNOUNCED: Final = """
SELECT idx, entry FROM leaf AS this WHERE action = 'outcome'
AND NOT EXISTS (SELECT 1 FROM leaf WHERE stream = this.stream AND action = 'intent')
AND NOT EXISTS (
    SELECT 1 FROM leaf WHERE damaged AND (entry = this.stream || '.intent' OR payload = this.prev))
ORDER BY idx
"""


class Book:
    """Statements by envelope digest, leaves by index, and the questions that span leaves."""

    def __init__(self) -> None:
        # An empty name makes a private file that SQLite deletes: memory stays flat, nothing is left behind.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def close(self) -> None:
        self._database.close()

    def add_file(self, entry: str, envelope_sha256: str) -> None:
        self._database.execute("INSERT INTO file (entry, envelope) VALUES (?, ?)", (entry, envelope_sha256))

    def claim(self, index: int, envelope_sha256: str) -> str | None:
        """The entry whose envelope a leaf names, now accounted for; None where the copy has none."""
        query = "SELECT entry FROM file WHERE envelope = ? ORDER BY leaf IS NOT NULL, entry"
        row = self._database.execute(query, (envelope_sha256,)).fetchone()
        if row is None:
            return None
        self._database.execute("UPDATE file SET leaf = ? WHERE entry = ?", (index, row[0]))
        return str(row[0])

    def add_statement(self, index: int, leaf: Leaf, statement: Statement) -> None:
        predicate = statement.predicate
        prev = predicate.prev
        phase = predicate.phase if statement.predicate_type == ACTION else None
        verdict = predicate.decision.verdict.value if predicate.decision else None
        self._database.execute(
            "INSERT INTO leaf (idx, entry, payload, stream, prev, prev_entry, action, verdict, time)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                index,
                predicate.entry,
                leaf.payload_sha256,
                predicate.stream,
                prev and prev.sha256,
                prev and prev.entry,
                phase and phase.value,
                verdict,
                predicate.time.timestamp(),
            ),
        )

    def add_damaged(self, index: int, entry: str | None, leaf: Leaf | None) -> None:
        """Note a leaf whose statement could not be read, with what the leaf itself still tells."""
        self._database.execute(
            "INSERT INTO leaf (idx, entry, payload, signature, damaged) VALUES (?, ?, ?, ?, 1)",
            (index, entry, leaf and leaf.payload_sha256, leaf and leaf.signature),
        )

    def unclaimed(self) -> list[str]:
        """Entries whose envelope no leaf names."""
        rows = self._database.execute("SELECT entry FROM file WHERE leaf IS NULL ORDER BY entry")
        return [row[0] for row in rows]

    def nameless(self, *, signature: bytes | None = None, payload_sha256: str | None = None) -> list[int]:
        """Damaged leaves still without an entry; only those with this signature or payload, if given."""
        query = "SELECT idx FROM leaf WHERE damaged AND entry IS NULL"
        if signature is not None or payload_sha256 is not None:
            query += " AND (signature = :signature OR payload = :payload)"
        wanted = {"signature": signature, "payload": payload_sha256}
        rows = self._database.execute(query + " ORDER BY idx", wanted)
        return [row[0] for row in rows]

    def name(self, index: int, entry: str) -> None:
        """Record which entry a damaged leaf is of."""
        self._database.execute("UPDATE leaf SET entry = ? WHERE idx = ?", (entry, index))
        self._database.execute("UPDATE file SET leaf = ? WHERE entry = ?", (index, entry))

    def verified(self) -> int:
        """How many leaves have a statement that passed every check of its own."""
        return int(self._database.execute("SELECT count(*) FROM leaf WHERE NOT damaged").fetchone()[0])

    def cross_check(self) -> Iterator[Finding]:
        """Findings that need more than one leaf: duplicates, `prev` chains, intents and outcomes."""
        rows = self._database.execute
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
        for index, entry, verdict, age in rows(_UNFINISHED):
            waiting = verdict == "review" or age <= SETTLING.total_seconds()
            severity = Severity.OPEN if waiting else Severity.FAULT
            yield Finding("intent.open", "the intent has no outcome", index, entry, severity)
        for index, entry in rows(_UNANNOUNCED):
            yield Finding("outcome.unannounced", "the outcome has no intent", index, entry)
