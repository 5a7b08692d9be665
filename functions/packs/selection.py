"""Which entries of the index answer a question, some at a time. Pure but for the port it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from functions.packs.job import Place
from writ.ledger.question import Question
from writ.ports.ledger import IndexedEntry, LogIndex

_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Selected:
    """Some entries, and where to go on; None at the end."""

    entries: Sequence[IndexedEntry]
    following: Place | None


def select(
    question: Question, size: int, index: LogIndex, *, limit: int, place: Place | None = None
) -> Selected:
    """At most `limit` entries below leaf `size`, from a place on.

    The reads are strongly consistent: what a checkpoint covers was in the index before it was signed, so
    the same question under the same checkpoint finds the same entries.
    """
    start = place or Place()
    found: list[IndexedEntry] = []
    after = start.index
    for number, edge in enumerate(question.edges()):
        if number < start.edge:
            continue
        while page := index.page(edge, after, _PAGE, consistent=True):
            for entry in page:
                if entry.index >= size:
                    continue
                if len(found) == limit:
                    return Selected(found, Place(edge=number, index=after))
                after = entry.index
                if question.matches(entry.subjects, entry.time):
                    found.append(entry)
            if page[-1].index >= size:
                break
            after = page[-1].index
        after = -1
    return Selected(found, None)
