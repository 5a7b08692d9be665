"""What a bot has to say on a pull request, and the thread it is said in."""

from datetime import UTC, datetime
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from writ.contracts.action import Name

_PRECISELY: Final = "%Y-%m-%dT%H:%M:%S.%fZ"

Stamp = Annotated[str, Field(min_length=28, max_length=160)]
Nonce = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Pull(_Value):
    """A pull request of a repository."""

    repository: str
    number: int

    @property
    def key(self) -> str:
        """The same for every spelling: GitHub tells no capital letters apart."""
        return f"{self.repository.lower()}#{self.number}"


class Note(_Value):
    """A section: Markdown that stays within it, and a stamp by which the later of two notes is known."""

    topic: Name
    text: Annotated[str, Field(min_length=1)]
    stamp: Stamp

    @property
    def noted_at(self) -> datetime:
        return datetime.strptime(self.stamp.partition("#")[0], _PRECISELY).replace(tzinfo=UTC)


class Thread(_Value):
    """The comment of a pull request, and who may write it now.

    `nonce` is in the comment's first line from its birth on, and nowhere else before: by it a comment is
    found whose number was never heard of. `author` is whose account wrote it, once that is known: a copy of
    it is somebody else's. `holder` alone writes, until its time is over.
    """

    nonce: Nonce
    comment: int | None = None
    author: int | None = None
    holder: str | None = None
    until: AwareDatetime | None = None

    def is_held(self, now: datetime) -> bool:
        return self.until is not None and now < self.until

    def held(self, holder: str, until: datetime) -> Self:
        return self.model_copy(update={"holder": holder, "until": until})

    def free(self) -> Self:
        return self.model_copy(update={"holder": None, "until": None})

    def at(self, comment: int | None, author: int | None = None) -> Self:
        return self.model_copy(update={"comment": comment, "author": author or self.author})


def stamp(noted_at: datetime, event_id: str) -> str:
    """Orders notes as text: by their time, and among equal ones by the id of their event."""
    return f"{noted_at.astimezone(UTC).strftime(_PRECISELY)}#{event_id}"
