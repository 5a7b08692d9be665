"""What the anchor bot remembers of one log: what it posted, what it began, and when it may ask again."""

from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.contracts.action import Sha256
from writ.contracts.anchor import Commit, Repository
from writ.contracts.errors import WritError

_BOT: Final = "anchor"
Size = Annotated[int, Field(ge=0)]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Post(_Value):
    """A checkpoint to post: where, and by which tick it came due."""

    tick: str
    repository: Repository
    commit: Commit
    size: Size
    root: Sha256


class Memory(_Value):
    """`posted` is the size of the largest checkpoint that was posted, 0 before the first."""

    posted: Size = 0
    begun: Post | None = None
    waiting_until: AwareDatetime | None = None

    def beginning(self, post: Post) -> Self:
        return self.model_copy(update={"begun": post})

    def having_posted(self, size: int) -> Self:
        return self.model_copy(update={"posted": max(self.posted, size), "waiting_until": None})

    def waiting(self, until: datetime) -> Self:
        return self.model_copy(update={"waiting_until": until})


class NoteItem(Model):
    """What a bot keeps about a subject, as JSON."""

    class Meta:
        table_name = "notes"

    bot = UnicodeAttribute(hash_key=True)
    subject = UnicodeAttribute(range_key=True)
    document = UnicodeAttribute()


class MemoryTable:
    """See MemoryStore."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(NoteItem, table)

    def read(self, origin: str) -> Memory:
        item = dynamo.get(self._item, _BOT, origin)
        if item is None:
            return Memory()
        try:
            return Memory.model_validate_json(item.document)
        except ValidationError:
            raise WritError("what was remembered does not read", code="anchor.memory") from None

    def replace(self, origin: str, before: Memory, after: Memory) -> None:
        if after == before:
            return
        document = self._item.document
        unchanged = document == before.model_dump_json()
        if before == Memory():
            unchanged = self._item.bot.does_not_exist() | unchanged
        dynamo.replace(self._item(_BOT, origin, document=after.model_dump_json()), unchanged)
