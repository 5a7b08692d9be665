"""What an evidence pack is asked for: statements about a thing, or of a time, or both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Self

from writ.contracts.errors import ContractError
from writ.contracts.statement import rfc3339
from writ.ledger.edges import hour_edge, subject_edge

LONGEST: Final = timedelta(days=31)
MAX_NAME: Final = 560  # a target's kind and id
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
# The form in which `rfc3339` writes an instant.
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Question:
    """Statements with the subject digest `subject`, stated from `since` on and before `until`.

    `name` is what was asked for instead of a digest: a thing without content, such as `release:1.2.0`,
    goes in statements under the SHA-256 of its name. Times are whole milliseconds, in UTC.
    """

    subject: str | None = None
    name: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(
        cls,
        *,
        subject: str | None = None,
        name: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Self:
        """A question that can be answered.

        Parameters
        ----------
        subject, name
            One of them, or neither for everything stated in a time.
        since, until
            Instants with their offset, rounded down to milliseconds.

        Raises
        ------
        ContractError
            With the field at fault.
        """
        if subject is not None and name is not None:
            raise ContractError("ask for a digest or for a name, not both", field="name")
        if subject is not None and _DIGEST.fullmatch(subject) is None:
            raise ContractError("a subject is a SHA-256 in lower case hex", field="subject")
        if name is not None and not (0 < len(name) <= MAX_NAME and name.isprintable()):
            raise ContractError(f"a name has 1 to {MAX_NAME} printable letters", field="name")
        began, ended = _instant(since, "since"), _instant(until, "until")
        if began is not None and ended is not None and ended <= began:
            raise ContractError("until lies after since", field="until")
        if subject is None and name is None:
            if began is None or ended is None:
                raise ContractError("name a subject, or since and until", field="subject")
            if ended - began > LONGEST:
                message = f"without a subject a pack covers {LONGEST.days} days at most"
                raise ContractError(message, field="since")
        digest = sha256(name.encode()).hexdigest() if name is not None else subject
        return cls(digest, name, began, ended)

    def matches(self, subjects: Iterable[str], time: datetime) -> bool:
        """Whether a statement with these subject digests, made then, is asked for."""
        return (
            (self.subject is None or self.subject in subjects)
            and (self.since is None or time >= self.since)
            and (self.until is None or time < self.until)
        )

    def edges(self) -> Iterator[str]:
        """The edges of the index that hold every match."""
        if self.subject is not None:
            yield subject_edge(self.subject)
        elif self.since is not None and self.until is not None:
            hour = self.since.replace(minute=0, second=0, microsecond=0)
            while hour < self.until:
                yield hour_edge(hour)
                hour += _HOUR

    def document(self) -> dict[str, Any]:
        """The question, ready for JSON."""
        return {
            "subject": self.subject,
            "name": self.name,
            "since": None if self.since is None else rfc3339(self.since),
            "until": None if self.until is None else rfc3339(self.until),
        }

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """The question of a document that `document` wrote. Raises ContractError for anything else."""
        name = _text(document, "name")
        question = cls.of(
            subject=None if name is not None else _text(document, "subject"),
            name=name,
            since=_time(document, "since"),
            until=_time(document, "until"),
        )
        if question.document() != document:
            raise ContractError("not a question in its one form", field="question")
        return question


def _instant(time: datetime | None, field: str) -> datetime | None:
    if time is None:
        return None
    try:
        if time.tzinfo is None:
            raise ValueError
        instant = time.astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{field} is an instant with its offset, such as 2026-01-31T08:00:00Z"
        raise ContractError(message, field=field) from None
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _text(document: dict[str, Any], field: str) -> str | None:
    value = document.get(field)
    if value is not None and not isinstance(value, str):
        raise ContractError(f"{field} is text", field=field)
    return value


def _time(document: dict[str, Any], field: str) -> datetime | None:
    text = _text(document, field)
    if text is None:
        return None
    try:
        if _INSTANT.fullmatch(text) is None:
            raise ValueError
        return datetime.fromisoformat(text)
    except ValueError:
        raise ContractError(f"{field} is an instant", field=field) from None
