"""What one comparison of two documents carries: the documents, the day, and what was found so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from writ.openapi.change import Change, Direction, Found, verdict
from writ.openapi.document import Document, UnreadableError
from writ.openapi.rules import RULES
from writ.openapi.schemas import Schemas


@dataclass(slots=True)
class Context:
    """Both documents, how their schemas are compared, and the changes found."""

    old: Document
    new: Document
    today: date
    changes: list[Change] = field(default_factory=list)
    schemas: Schemas = field(init=False)
    _itself: Context | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.schemas = Schemas(self.old, self.new, self.today)

    def itself(self) -> Context:
        """The new document against itself, with the same list of changes: it finds what is unreadable."""
        if self.old is self.new:
            return self
        if self._itself is None:
            self._itself = Context(self.new, self.new, self.today, self.changes)
        return self._itself

    def at(self, operation: str = "", direction: Direction = Direction.REQUEST) -> Where:
        return Where(self, operation, direction)


@dataclass(frozen=True, slots=True)
class Where:
    """A place in both documents, which way what stands there is sent, and the list of changes."""

    context: Context
    operation: str
    direction: Direction
    place: str = ""

    def below(self, place: str, direction: Direction | None = None) -> Where:
        """A part of it, maybe sent the other way."""
        joined = f"{self.place} {place}" if self.place and place else self.place or place
        return Where(self.context, self.operation, direction or self.direction, joined)

    @property
    def added(self) -> Where:
        """The same place for a part that is new, to be compared with itself."""
        return Where(self.context.itself(), self.operation, self.direction, self.place)

    def add(self, rule: str, message: str) -> None:
        """Record a change here."""
        self.found((Found(rule, message),))

    def found(self, found: Iterable[Found]) -> None:
        """Record the changes of a part that begins here."""
        for each in found:
            place = f"{self.place} {each.path}".strip() if each.path else self.place
            told = verdict(RULES[each.rule].effect, self.direction)
            self.context.changes.append(
                Change(each.rule, told, self.direction, self.operation, place, each.message, each.schema)
            )

    @contextmanager
    def readable(self) -> Iterator[None]:
        """What cannot be read inside is a change that nobody knows the meaning of."""
        try:
            yield
        except UnreadableError as error:
            self.add(error.code, error.message)
