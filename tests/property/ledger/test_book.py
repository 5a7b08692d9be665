"""Keeping whole actions as one line, and fetching back those that matter, changes no finding."""

from __future__ import annotations

from contextlib import closing
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from writ.ledger.book import Book, Place
from writ.ledger.crosscheck import cross_check
from writ.ledger.examine import Marred, Row
from writ.ledger.findings import Finding
from writ.ledger.leaf import Leaf

STREAMS = ("a", "b", "a.intent", "c")
PHASES = ("intent", "approval", "outcome", None)


def digest(entry: str, salt: int) -> bytes:
    return sha256(f"{entry} {salt}".encode()).digest()


@st.composite
def logs(draw: st.DrawFn) -> list[Row | Marred]:
    """Mostly whole actions, interleaved; some with a part that is doubled, missing, foreign or unreadable."""
    log: list[Row | Marred] = []
    actions = draw(st.lists(st.sampled_from(STREAMS), min_size=1, max_size=6))
    parts: list[list[tuple[str, str | None, str, tuple[bytes, str] | None, int]]] = []
    known: list[tuple[bytes, str]] = []
    for salt, stream in enumerate(actions):
        before: tuple[bytes, str] | None = None
        part = []
        for phase in draw(st.sampled_from([("intent", "outcome"), PHASES[:3], ("intent",), (None,)])):
            owner = stream if draw(st.integers(0, 9)) else draw(st.sampled_from(STREAMS))
            entry = f"{owner}.{phase or 'note'}"
            link = before if draw(st.integers(0, 3)) or not known else draw(st.sampled_from(known))
            part.append((stream, phase, entry, link, salt))
            before = (digest(entry, salt), entry)
            known.append(before)
        parts.append(part)
    order = draw(st.permutations([number for number, part in enumerate(parts) for _ in part]))
    for number in order:
        stream, phase, entry, link, salt = parts[number].pop(0)
        index, payload = len(log), digest(entry, salt)
        if draw(st.integers(0, 14)) == 0:
            leaf = Leaf("", payload.hex(), b"", b"")
            log.append(Marred(index, draw(st.sampled_from([entry, None])), leaf))
        else:
            prev, prev_entry = link or (None, None)
            log.append((index, entry, stream, payload, prev, prev_entry, phase, "allow", float(index)))
    return log


def found(log: list[Row | Marred], window: int) -> list[Finding]:
    with closing(Book()) as book:
        for number, item in enumerate(log, 1):
            if isinstance(item, Marred):
                book.add_marred(item)
            else:
                book.add_rows([item])
            if not number % window:
                book.commit(Place())
        book.commit(Place())
        return list(cross_check(book))


def in_order(findings: list[Finding]) -> list[str]:
    return sorted(f"{finding.code} {finding.severity} {finding}" for finding in findings)


@given(logs(), st.integers(2, 12))
def test_findings_do_not_depend_on_where_windows_end(log: list[Row | Marred], window: int) -> None:
    spread_out = found(log, 1)
    assert in_order(found(log, window)) == in_order(spread_out)
    assert in_order(found(log, len(log))) == in_order(spread_out)
