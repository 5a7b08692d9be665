"""The auditor's notebook: what each leaf said, and how far the audit is, in one SQLite file.

What a window of leaves said is written together with the place the audit then stands at, in one
transaction: an audit that is killed goes on from its last commit as if it had never stopped.

Most actions are an intent and soon after its outcome. Those that are whole within one window are kept as
one line; only the others are spread out for `crosscheck`, which fetches what they may touch.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from writ.ledger.erasure import Erased
from writ.ledger.examine import Marred, Row
from writ.ledger.findings import Finding, Severity
from writ.ledger.tiles import Edge

_SCHEMA: Final = """
CREATE TABLE note (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE finding (
    number INTEGER PRIMARY KEY, code TEXT NOT NULL, message TEXT NOT NULL, idx INTEGER, entry TEXT,
    severity TEXT NOT NULL);
CREATE TABLE file (entry TEXT PRIMARY KEY, envelope TEXT NOT NULL, leaf INTEGER) WITHOUT ROWID;
CREATE INDEX file_envelope ON file (envelope);
CREATE TABLE leaf (
    idx INTEGER, entry TEXT, stream TEXT, payload BLOB, prev BLOB, prev_entry TEXT, action TEXT,
    verdict TEXT, time REAL, damaged INTEGER NOT NULL DEFAULT 0);
CREATE TABLE closed (
    stream TEXT NOT NULL, time REAL NOT NULL, i1 INTEGER NOT NULL, p1 BLOB NOT NULL, i2 INTEGER, p2 BLOB,
    i3 INTEGER NOT NULL, p3 BLOB NOT NULL);
CREATE TABLE marred (
    idx INTEGER PRIMARY KEY, entry TEXT, payload BLOB, signature BLOB, held INTEGER NOT NULL);
CREATE INDEX marred_payload ON marred (payload);
CREATE INDEX marred_signature ON marred (signature);
CREATE TABLE erased (
    idx INTEGER NOT NULL, entry TEXT NOT NULL, payload BLOB NOT NULL, by INTEGER NOT NULL,
    PRIMARY KEY (idx, payload)) WITHOUT ROWID;
CREATE TABLE certificate (
    fingerprint TEXT PRIMARY KEY, issued INTEGER NOT NULL DEFAULT 0, first INTEGER,
    used INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
"""
_ADD_USED: Final = """
INSERT INTO certificate (fingerprint, first, used) VALUES (?, ?, ?)
ON CONFLICT (fingerprint) DO UPDATE SET
    used = used + excluded.used, first = coalesce(min(first, excluded.first), excluded.first)
"""
_ADD_ISSUED: Final = """
INSERT INTO certificate (fingerprint, issued) VALUES (?, 1)
ON CONFLICT (fingerprint) DO UPDATE SET issued = 1
"""


@dataclass(frozen=True, slots=True)
class Place:
    """How far an audit is: the tree so far, which ends at a whole bundle, and the bundles that are marred."""

    edge: Edge = field(default_factory=Edge)
    marred: tuple[int, ...] = ()
    statements: int = 0


class Book:
    """Notes of one audit, which has them to itself; without a path, in a private file that SQLite deletes.

    Raises sqlite3.DatabaseError for a file that is none of ours, and its OperationalError for one that
    another audit has.
    """

    def __init__(self, path: str = "") -> None:
        self.database = sqlite3.connect(path, timeout=0, isolation_level=None)
        self.database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.database.execute("BEGIN EXCLUSIVE")
        self.database.execute("COMMIT")
        self.database.execute("PRAGMA cache_size = -16384")  # KiB; what does not fit is on disk
        self.database.execute("PRAGMA temp_store = FILE")
        if not self.database.execute("SELECT 1 FROM sqlite_master").fetchone():
            self.database.executescript(f"BEGIN; {_SCHEMA} COMMIT")
        self.database.execute("BEGIN")
        self._rows: list[Row] = []
        self._used: dict[str, tuple[int, int]] = {}

    def close(self) -> None:
        """Let go of the file; what was not committed is gone."""
        self.database.close()

    def read_note(self, name: str) -> bytes | None:
        row = self.database.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def write_note(self, name: str, value: bytes) -> None:
        self.database.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, value))

    def place(self) -> Place | None:
        """Where the last commit left the audit; None before the first one."""
        noted = self.read_note("place")
        if noted is None:
            return None
        held = json.loads(noted)
        edge = Edge(held["size"], tuple(bytes.fromhex(row) for row in held["rows"]))
        return Place(edge, tuple(held["marred"]), held["statements"])

    def commit(self, place: Place) -> None:
        """Make everything so far durable, together with the place the audit stands at."""
        self._flush()
        held = {
            "size": place.edge.size,
            "rows": [row.hex() for row in place.edge.rows],
            "marred": place.marred,
            "statements": place.statements,
        }
        self.write_note("place", json.dumps(held).encode())
        self.database.execute("COMMIT")
        self.database.execute("BEGIN")

    def find(self, findings: Iterable[Finding]) -> None:
        """Put down what was found."""
        self.database.executemany(
            "INSERT INTO finding (code, message, idx, entry, severity) VALUES (?, ?, ?, ?, ?)",
            ((f.code, f.message, f.index, f.entry, f.severity.value) for f in findings),
        )

    def findings(self) -> Iterator[Finding]:
        """Everything found, in the order in which it was."""
        query = "SELECT code, message, idx, entry, severity FROM finding ORDER BY number"
        for code, message, index, entry, severity in self.database.execute(query):
            yield Finding(code, message, index, entry, Severity(severity))

    def add_file(self, entry: str, envelope_sha256: str) -> None:
        self.database.execute("INSERT INTO file (entry, envelope) VALUES (?, ?)", (entry, envelope_sha256))

    def claim(self, index: int, envelope_sha256: str) -> str | None:
        """The entry whose envelope a leaf names, now accounted for; None where the copy has none."""
        query = "SELECT entry FROM file WHERE envelope = ? ORDER BY leaf IS NOT NULL, entry LIMIT 1"
        row = self.database.execute(query, (envelope_sha256,)).fetchone()
        if row is None:
            return None
        self.database.execute("UPDATE file SET leaf = ? WHERE entry = ?", (index, row[0]))
        return str(row[0])

    def add_rows(self, rows: Sequence[Row]) -> None:
        self._rows += rows

    def add_marred(self, marred: Marred) -> None:
        """Note a leaf without a good statement, with what the leaf itself still tells."""
        leaf = marred.leaf
        payload = None if leaf is None else bytes.fromhex(leaf.payload_sha256)
        self.database.execute(
            "INSERT INTO marred VALUES (?, ?, ?, ?, ?)",
            (marred.index, marred.entry, payload, leaf and leaf.signature, marred.held),
        )

    def add_erased(self, erased: Iterable[tuple[Erased, int]]) -> None:
        """Note what was erased, with which payload, and the leaf of the first that says so."""
        self.database.executemany(
            "INSERT OR IGNORE INTO erased VALUES (?, ?, ?, ?)",
            ((item.leaf, item.entry, bytes.fromhex(item.payload), by) for item, by in erased),
        )

    def add_used(self, fingerprint: str, first: int, count: int) -> None:
        """Note a certificate that signed `count` statements, the first of them at leaf `first`."""
        before, so_far = self._used.get(fingerprint, (first, 0))
        self._used[fingerprint] = (before, so_far + count)

    def add_issued(self, fingerprint: str) -> None:
        self.database.execute(_ADD_ISSUED, (fingerprint,))

    def unclaimed(self) -> list[str]:
        """Entries whose envelope no leaf names."""
        rows = self.database.execute("SELECT entry FROM file WHERE leaf IS NULL ORDER BY entry")
        return [row[0] for row in rows]

    def traced(self, signature: bytes | None, payload_sha256: str | None) -> list[int]:
        """Leaves without an envelope, still without an entry, that have this signature or payload."""
        payload = None if payload_sha256 is None else bytes.fromhex(payload_sha256)
        query = """
            SELECT idx FROM marred WHERE signature = ?1 AND entry IS NULL AND NOT held
            UNION SELECT idx FROM marred WHERE payload = ?2 AND entry IS NULL AND NOT held ORDER BY 1"""
        return [row[0] for row in self.database.execute(query, (signature, payload))]

    def nameless(self) -> Iterator[int]:
        """Leaves without an envelope, still without an entry, but for those whose payload was erased."""
        query = """
            SELECT idx FROM marred WHERE entry IS NULL AND NOT held
            AND NOT EXISTS (
                SELECT 1 FROM erased WHERE erased.idx = marred.idx AND erased.payload = marred.payload)
            ORDER BY idx"""
        return (row[0] for row in self.database.execute(query))

    def erased(self) -> int:
        """How many leaves have no statement because its payload was erased; their entries are named."""
        self.database.execute(
            "UPDATE marred SET entry = ("
            "SELECT entry FROM erased WHERE erased.idx = marred.idx AND erased.payload = marred.payload)"
            " WHERE entry IS NULL AND NOT held AND EXISTS ("
            "SELECT 1 FROM erased WHERE erased.idx = marred.idx AND erased.payload = marred.payload)"
        )
        return int(self.database.execute("SELECT changes()").fetchone()[0])

    def name(self, index: int, entry: str) -> None:
        """Record which entry a marred leaf is of."""
        self.database.execute("UPDATE marred SET entry = ? WHERE idx = ?", (entry, index))
        self.database.execute("UPDATE file SET leaf = ? WHERE entry = ?", (index, entry))

    def _flush(self) -> None:
        """Write what the window said: whole actions as one line, everything else spread out."""
        streams: dict[str, list[Row]] = {}
        for row in self._rows:
            streams.setdefault(row[2], []).append(row)
        closed, open_ = [], []
        for stream, rows in streams.items():
            if _is_whole(stream, rows):
                first, *middle, last = rows
                i2, p2 = (middle[0][0], middle[0][3]) if middle else (None, None)
                time = max(row[8] for row in rows)
                closed.append((stream, time, first[0], first[3], i2, p2, last[0], last[3]))
            else:
                open_ += rows
        self.database.executemany("INSERT INTO closed VALUES (?, ?, ?, ?, ?, ?, ?, ?)", closed)
        self.database.executemany(
            "INSERT INTO leaf (idx, entry, stream, payload, prev, prev_entry, action, verdict, time)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            open_,
        )
        used = ((fingerprint, first, count) for fingerprint, (first, count) in self._used.items())
        self.database.executemany(_ADD_USED, used)
        self._rows, self._used = [], {}


_WHOLE: Final = {2: ("intent", "outcome"), 3: ("intent", "approval", "outcome")}


def _is_whole(stream: str, rows: Sequence[Row]) -> bool:
    """Whether these are one action from intent to outcome, each statement linked to the one before it."""
    phases = _WHOLE.get(len(rows))
    if phases is None:
        return False
    before: tuple[bytes | None, str | None] = (None, None)
    for phase, (_, entry, _, payload, prev, prev_entry, action, _, _) in zip(phases, rows, strict=True):
        if action != phase or entry != f"{stream}.{phase}" or (prev, prev_entry) != before:
            return False
        before = (payload, entry)
    return True
