"""How bad an advisory is: by its CVSS vectors, else by the word of its database.

Sources: https://www.first.org/cvss/v3.1/specification-document#Qualitative-Severity-Rating-Scale, and for
version 4 https://www.first.org/cvss/v4-0/specification-document
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from writ.gates.security.advisory import Advisory, Affected

UNRATED: Final = "unrated"
# The worst first.
RATINGS: Final = ("critical", "high", "medium", "low", "none", UNRATED)
_BOUNDS: Final = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "none"))
# GitHub's database says MODERATE where others say medium.
_WORDS: Final = {
    "critical": "critical",
    "high": "high",
    "important": "high",
    "moderate": "medium",
    "medium": "medium",
    "low": "low",
}


def rating(advisory: Advisory, parts: Iterable[Affected]) -> tuple[str, float | None]:
    """The worst rating of an advisory for these parts of it, and the score behind that."""
    parts = list(parts)
    scores = [*(advisory.severity or ()), *(score for part in parts for score in part.severity or ())]
    known = [value for said in scores if (value := _score(said.type, said.score)) is not None]
    if known:
        return next(word for bound, word in _BOUNDS if max(known) >= bound), max(known)
    specific = [advisory.database_specific]
    specific += [each for part in parts for each in (part.database_specific, part.ecosystem_specific)]
    said = {word for each in specific if each and (word := _word(each))}
    return next((word for word in RATINGS if word in said), UNRATED), None


def worst(words: Iterable[str]) -> str:
    """The worst of ratings; a rating counts before none."""
    return min(words, key=RATINGS.index, default=UNRATED)


def _word(specific: dict[str, Any]) -> str | None:
    said = specific.get("severity")
    return _WORDS.get(said.lower()) if isinstance(said, str) else None


@lru_cache(maxsize=4096)
def _score(kind: str, vector: str) -> float | None:
    """The base score of a vector; None for one that is no vector of a version that is known."""
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    readers = {"CVSS_V2": CVSS2, "CVSS_V3": CVSS3, "CVSS_V4": CVSS4}
    reader = readers.get(kind)
    if reader is None:
        return None
    try:
        return float(reader(vector).scores()[0])
    except (CVSSError, ValueError, ArithmeticError, LookupError, TypeError):
        return None
