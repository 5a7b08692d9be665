"""What became of actions, and what people answered to those that need an approval."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from writ.contracts.action import Name, Status, Verdict
from writ.contracts.event import EventData, event

ActionId = Annotated[str, Field(pattern=r"^act-[0-9a-f]{32}$", examples=["act-" + "4b" * 16])]
EntryId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=128)]
Bot = Annotated[Name, Field(examples=["backlog"])]
ActionName = Annotated[Name, Field(examples=["retire-task"])]
Text = Annotated[str, Field(min_length=1, max_length=1000, examples=["Nobody has seen it for 90 days"])]
Person = Annotated[str, Field(min_length=1, max_length=128, examples=["operator"])]


class ActedOn(BaseModel):
    """The thing an action is about."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    kind: Annotated[Name, Field(examples=["task"])]
    id: Annotated[str, Field(min_length=1, max_length=512, examples=["task-4711"])]


class ActionData(EventData):
    action_id: ActionId
    bot: Bot


@event("actions")
class ActionCompleted(ActionData):
    """An action ended, whichever way. `intent` and `outcome` are the ids of its ledger entries."""

    name: ActionName
    target: ActedOn
    status: Status
    verdict: Verdict
    intent: Annotated[EntryId, Field(examples=["act-" + "4b" * 16 + ".intent"])]
    outcome: Annotated[EntryId, Field(examples=["act-" + "4b" * 16 + ".outcome"])]
    code: Annotated[str, Field(max_length=64, examples=["policy.denied"])] | None = None


@event("actions")
class ApprovalRequested(ActionData):
    """An action waits for a person, until `expires_at` at most."""

    name: ActionName
    target: ActedOn
    reason: Text
    expires_at: AwareDatetime


@event("actions")
class ApprovalDecided(ActionData):
    """A person approved or rejected a waiting action; its bot resumes or closes it, once."""

    approved: bool
    by: Person
    at: AwareDatetime
    reason: Text


@event("actions")
class ActionStalled(ActionData):
    """An intent has no outcome and nobody holds its lease; its bot establishes what happened."""

    attempt: Annotated[int, Field(ge=1, examples=[2])]
    since: AwareDatetime
