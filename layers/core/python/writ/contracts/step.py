"""A step of a flow: the one event it hands a bot, and what the bot reports of it."""

from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr

from writ.contracts.action import Name
from writ.contracts.event import EventType, Traceparent

_LONGEST: Final = 128  # of an event's id


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class StepStatus(StrEnum):
    """What a flow branches on.

    WAITING: a person has to decide. RETRY: it may pass; the same step again does nothing twice. The others
    are the outcomes of actions, for good.
    """

    SUCCEEDED = "succeeded"
    WAITING = "waiting"
    RETRY = "retry"
    EXPIRED = "expired"
    DENIED = "denied"
    FAILED = "failed"


class Step(_Value):
    """One step of one execution of a flow.

    `turn` tells apart the times that a flow comes to the same state on purpose; a step that is only repeated
    has the same turn, and so the same event id. `token` is what Step Functions waits for to come back;
    `trace` is the trace in which the execution was started, if in one.
    """

    flow: Name
    execution: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
    state: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]{0,31}$")]
    turn: Annotated[int, Field(ge=0, le=25_000)] = 0
    type: EventType
    data: dict[str, JsonValue]
    trace: Traceparent | Literal[""] = ""
    token: SecretStr | None = None

    @property
    def event_id(self) -> str:
        """The id of the step's event: the same for every repeat of the step, and for no other."""
        id = f"{self.flow}.{self.execution}.{self.state}.{self.turn}"
        return id if len(id) <= _LONGEST else f"{self.flow}.{sha256(id.encode()).hexdigest()}"


class StepAction(_Value):
    """What became of one action that the step's event called for."""

    id: str
    name: str
    status: StepStatus
    observed: dict[str, JsonValue] = {}
    code: str | None = None
    message: str | None = None


class StepProblem(_Value):
    """Why a step could not be taken, or not now; `retry_after_s`: in how many seconds it may be, if known."""

    code: str
    message: str
    field: str | None = None
    retry_after_s: Annotated[int, Field(ge=1)] | None = None


class StepReport(_Value):
    """What a step came to: the worst status of its actions, and each of them.

    `standing` is given for a step for which there was nothing to do, by a bot that says how things stand.
    """

    status: StepStatus
    actions: tuple[StepAction, ...] = ()
    standing: dict[str, JsonValue] | None = None
    error: StepProblem | None = None

    def document(self) -> dict[str, JsonValue]:
        """As JSON, without what there is not: JSONata tells null from nothing."""
        shown: dict[str, JsonValue] = self.model_dump(mode="json", exclude_none=True)
        return shown
