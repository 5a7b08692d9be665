"""How long payloads are kept, by what they are: the one place that says so.

Days count from the time of the statement. What is over is erased like everything that is erased: the leaf
stays and proves. A type that is not listed is kept for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from writ.contracts.statement import ACTION, APPROVAL, ERASURE


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """A name, and for how many days payloads of this class are kept; None is for good."""

    name: str
    days: int | None


# Seven years and the year they began in: what business records are commonly kept for.
RECORD: Final = RetentionClass("record", 8 * 365 + 2)
PERMANENT: Final = RetentionClass("permanent", None)

RETENTION: Final[Mapping[str, RetentionClass]] = {
    ACTION: RECORD,
    APPROVAL: RECORD,
    ERASURE: PERMANENT,  # what is gone must be accounted for as long as there is a log
}


def retention_of(predicate_type: str) -> RetentionClass:
    """The class of a predicate type."""
    return RETENTION.get(predicate_type, PERMANENT)
