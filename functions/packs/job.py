"""How far a pack is: what was asked, under which checkpoint, the parts there are, and the file."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from writ.contracts.action import Sha256

if TYPE_CHECKING:
    from writ.ledger.question import Question

KEPT: Final = timedelta(days=7)
FLOW: Final = "evidence-pack"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Place(_Part):
    """Where to go on looking: on the `edge`th edge of the question, after the leaf `index`."""

    edge: int = 0
    index: int = -1


class Made(_Part):
    """A part that is there: its statements, and where the next one begins; None after the last."""

    statements: int
    following: Place | None


class Sealed(_Part):
    """The file: its SHA-256, its bytes, since when it is there."""

    sha256: Sha256
    bytes: int
    at: AwareDatetime


class Job(_Part):
    """A pack in the making. `note` is the signed checkpoint that every proof in it leads to."""

    pack: str
    question: dict[str, Any]
    note: str
    by: str
    asked_at: AwareDatetime
    parts: tuple[Made, ...] = ()
    sealed: Sealed | None = None
    version: Annotated[int, Field(ge=1)] = 1

    @property
    def asked(self) -> "Question":
        from writ.ledger.question import Question

        return Question.read(self.question)

    @property
    def statements(self) -> int:
        return sum(part.statements for part in self.parts)

    @property
    def following(self) -> Place | None:
        """Where the next part begins; None when all are there."""
        return self.parts[-1].following if self.parts else Place()

    def expires_at(self) -> datetime | None:
        """When the file goes."""
        return None if self.sealed is None else self.sealed.at + KEPT

    def after(self, **changes: Any) -> Self:
        """The job as it is written next."""
        return self.model_copy(update={**changes, "version": self.version + 1})


class Jobs(Protocol):
    """Jobs by pack, changed by conditional writes only."""

    def get(self, pack: str) -> Job | None:
        """Strongly consistent."""

    def start(self, job: Job) -> None:
        """Raises ConflictError when there is one for the pack."""

    def replace(self, before: Job, after: Job) -> None:
        """Raises ConflictError when the job is no longer at `before.version`."""
