"""A task of the backlog, what people may say of it, and what makes two tasks the same."""

import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from functions.backlog import score
from functions.backlog.score import Figures, Quadrant
from writ.contracts.errors import NOT_BLANK, ContractError, from_validation
from writ.contracts.redaction import redact_text

KEPT: Final = 50

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
# A title ends up in statements and events, which must hold no secret.
Title = Annotated[str, Field(min_length=1, max_length=300, pattern=NOT_BLANK), AfterValidator(redact_text)]
Team = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
Minutes = Annotated[float, Field(gt=0, le=10_080)]
People = Annotated[int, Field(ge=1, le=100_000)]
Impact = Annotated[float, Field(ge=0.25, le=3)]
Confidence = Annotated[float, Field(ge=0, le=1)]
Effort = Annotated[float, Field(ge=0.1, le=1_000)]


class Value(BaseModel):
    """Immutable and strict: a number in a string is not a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


class Source(StrEnum):
    CHECK = "check"
    WORKFLOW = "workflow"
    DEPLOYMENT = "deployment"
    ISSUE = "issue"
    PERSON = "person"


class Status(StrEnum):
    """CANDIDATE: seen or proposed. ACCEPTED: to be automated. AUTOMATED: `bot` does it. RETIRED: dropped."""

    CANDIDATE = "candidate"
    ACCEPTED = "accepted"
    AUTOMATED = "automated"
    RETIRED = "retired"


OPEN: Final = (Status.CANDIDATE, Status.ACCEPTED, Status.AUTOMATED)


class Frequency(Value):
    """How often one person does the task; a day is a working day."""

    count: Annotated[float, Field(gt=0, le=10_000)]
    per: Literal["day", "week", "month"]

    @property
    def per_month(self) -> float:
        return self.count * score.TIMES_A_MONTH[self.per]


class Estimate(Value):
    """The six figures. Without `frequency` or `confidence` they follow from what was observed."""

    frequency: Frequency | None = None
    minutes_each: Minutes
    people: People = 1
    impact: Impact = 1.0
    confidence: Confidence | None = None
    effort: Effort


class Draft(Estimate):
    """What a person says of a new task."""

    title: Title
    owner: Team
    bot: Team | None = None
    frequency: Frequency
    confidence: Confidence | None = 0.5


def _without_defaults(schema: dict[str, Any]) -> None:
    """A field that is left out stays as it is: a client must not send what the model puts in its place."""
    for field in schema["properties"].values():
        field.pop("default", None)


class Changes(Value):
    """What a person may change; a field that is absent stays, null goes back to what is observed."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    title: Title = ""
    owner: Team = ""
    bot: Team | None = None
    status: Status = Status.CANDIDATE
    frequency: Frequency | None = None
    minutes_each: Minutes = 1
    people: People = 1
    impact: Impact = 1
    confidence: Confidence | None = None
    effort: Effort = 1

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        return self


class Sighting(Value):
    """One occurrence of a repetitive task, as an event showed it.

    `fact` names what happened whichever event says so: a rerun that GitHub reports twice is one fact.
    """

    dedup_key: Annotated[str, Field(min_length=1, max_length=1024)]
    source: Source
    title: Title
    repository: str
    owner: str
    minutes_each: Minutes
    effort: Effort
    event_id: str
    event_type: str
    fact: str
    at: AwareDatetime


class Evidence(Value):
    event_id: str
    event_type: str
    fact: str
    at: AwareDatetime


class Scored(Value):
    """A score as it was: by which method somebody asked for it, or both when figures changed."""

    at: AwareDatetime
    rice: float
    wsjf: float
    because: str


class Scores(Value):
    rice: float = 0.0
    wsjf: float = 0.0


class Task(Estimate):
    """A repetitive task. `days` counts the occurrences of each day inside the observation window."""

    id: Id
    title: Title
    source: Source
    dedup_key: str
    repository: str | None = None
    owner: str
    bot: str | None = None
    status: Status = Status.CANDIDATE
    occurrences: Annotated[int, Field(ge=0)] = 0
    days: dict[str, int] = {}
    last_seen: AwareDatetime
    scores: Scores = Field(default_factory=Scores)
    quadrant: Quadrant = Quadrant.THANKLESS
    version: Annotated[int, Field(ge=1)] = 1
    created_at: AwareDatetime
    updated_at: AwareDatetime

    def figures(self) -> Figures:
        """What the score is made of, from the estimate or else from what was observed."""
        observed = float(sum(self.days.values()))
        trust = score.confidence_after(self.occurrences) if self.confidence is None else self.confidence
        return Figures(
            times_per_month=self.frequency.per_month if self.frequency else observed,
            minutes_each=self.minutes_each,
            people=self.people,
            impact=self.impact,
            confidence=trust,
            effort=self.effort,
        )


class DetailedTask(Task):
    """A task with the newest of its evidence and of its scores; `occurrences` counts all of them."""

    evidence: Annotated[tuple[Evidence, ...], Field(max_length=KEPT)] = ()
    history: Annotated[tuple[Scored, ...], Field(max_length=KEPT)] = ()

    def knows(self, sighting: Sighting) -> bool:
        return any(e.event_id == sighting.event_id or e.fact == sighting.fact for e in self.evidence)


ModelT = TypeVar("ModelT", bound=BaseModel)


def read(model: type[ModelT], value: Any, subject: str) -> ModelT:
    """Validate JSON-like data strictly. Raises ContractError that names the field, or else the subject."""
    try:
        return model.model_validate_json(json.dumps(value))
    except ValidationError as error:
        problem = from_validation(error, subject)
        raise ContractError(problem.message, code=problem.code, field=problem.field or subject) from None


def task_id(dedup_key: str) -> str:
    """The id of the one task with this key: readable, and 48 bits of its SHA-256."""
    slug = re.sub(r"[^a-z0-9]+", "-", dedup_key.lower()).strip("-")[:48].strip("-") or "task"
    return f"{slug}-{hashlib.sha256(dedup_key.encode()).hexdigest()[:12]}"


def normalised(text: str) -> str:
    """Text with case, punctuation, spacing and numbers taken out: what repeats stays the same."""
    plain = re.sub(r"[\W_]+", " ", re.sub(r"\d+([.\-:/]\d+)*", " ", text.casefold()))
    return " ".join(plain.split()) or " ".join(text.casefold().split())


def person_key(owner: str, title: str) -> str:
    """The deduplication key of a task that a person submits."""
    return f"person:{owner.casefold()}:{normalised(title)}"
