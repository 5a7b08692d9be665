"""Notes and threads in DynamoDB: one item a topic, and one a thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from functions.pr.note import Note, Pull, Thread
from writ.adapters import dynamo
from writ.contracts.errors import ConflictError, WritError

_THREAD: Final = "thread"
_NOTE: Final = "note#"
# Topics have names of bots and of what they do; more than this are none.
_MOST: Final = 500
ModelT = TypeVar("ModelT", bound=BaseModel)


class PullItem(Model):
    """Something about a pull request, as JSON; `stamp` orders the notes of a topic."""

    class Meta:
        table_name = "pulls"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    document = UnicodeAttribute()
    stamp = UnicodeAttribute(null=True)


class ThreadTable:
    """See Threads."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(PullItem, table)

    def note(self, pull: Pull, topic: str) -> Note | None:
        item = dynamo.get(self._item, pull.key, _NOTE + topic)
        return None if item is None else _read(Note, item.document)

    def notes(self, pull: Pull) -> Sequence[Note]:
        found, _ = dynamo.query(
            self._item, pull.key, self._item.sk.startswith(_NOTE), limit=_MOST, consistent=True
        )
        return [_read(Note, item.document) for item in found]

    def keep(self, pull: Pull, note: Note) -> None:
        item = self._item(pull.key, _NOTE + note.topic, document=note.model_dump_json(), stamp=note.stamp)
        try:
            dynamo.save(item, self._item.pk.does_not_exist() | (self._item.stamp < note.stamp))
        except ConflictError:
            return  # the same or a later one is there

    def thread(self, pull: Pull) -> Thread | None:
        item = dynamo.get(self._item, pull.key, _THREAD)
        return None if item is None else _read(Thread, item.document)

    def replace(self, pull: Pull, before: Thread | None, after: Thread) -> None:
        if after == before:
            return
        unchanged = (
            self._item.pk.does_not_exist() if before is None else self._item.document == _document(before)
        )
        dynamo.replace(self._item(pull.key, _THREAD, document=_document(after)), unchanged)


def _document(thread: Thread) -> str:
    """As it is kept, letter by letter: one whose author is not known was always kept without."""
    return thread.model_dump_json(exclude={"author"} if thread.author is None else None)


def _read(model: type[ModelT], document: str) -> ModelT:
    try:
        return model.model_validate_json(document)
    except ValidationError:
        raise WritError("what was kept of a pull request does not read", code="pr.memory") from None
