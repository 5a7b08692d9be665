"""Preview environments: what somebody asked for, the steps of the flow, and what became of them."""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from writ.contracts.event import EventData, event
from writ.contracts.events.fields import Commit, Repository
from writ.contracts.events.forge import PullRequestNumber

# Neither the name nor the number has a hyphen of its own, so that no id begins another one.
PREVIEW_ID: Final = r"[a-z0-9]{1,16}-[1-9][0-9]{0,9}-[0-9a-f]{8}"
PreviewId = Annotated[str, Field(pattern=f"^{PREVIEW_ID}$", examples=["shop-42-0a1b2c3d"])]
Because = Annotated[str, Field(min_length=1, max_length=500, examples=["nobody looks at it any more"])]
Person = Annotated[str, Field(max_length=128, examples=["operator"])]
PreviewUrl = Annotated[str, Field(max_length=2048, examples=["https://abc.lambda-url.eu-central-1.on.aws/"])]
GoalNumber = Annotated[int, Field(ge=1, examples=[3])]


@event("previews")
class PreviewExtensionRequested(EventData):
    """Somebody wants a preview to live on."""

    preview: PreviewId
    by: Person = ""


@event("previews")
class PreviewRemovalRequested(EventData):
    """Somebody wants a preview gone before its time."""

    preview: PreviewId
    reason: Because
    by: Person = ""


@event("previews")
class PreviewAdvanced(EventData):
    """A step towards the goal `goal` of a preview.

    `part` is the part of the seed set that comes next, `removals` how often its stack was told to go. `code`
    and `problem` say what went wrong before the stage `fail`.
    """

    preview: PreviewId
    goal: GoalNumber
    stage: Annotated[Literal["build", "fill", "check", "show", "fail", "remove"], Field(examples=["build"])]
    part: Annotated[int, Field(ge=0, examples=[0])] = 0
    removals: Annotated[int, Field(ge=0, examples=[0])] = 0
    code: Annotated[str, Field(max_length=64, examples=["dependency.unavailable"])] | None = None
    problem: Annotated[str, Field(max_length=500)] | None = None


class Preview(EventData):
    """What every event about a preview says."""

    preview: PreviewId
    repository: Repository
    pull_request: PullRequestNumber


@event("previews")
class PreviewOpened(Preview):
    """A preview answers at `url` and shows `commit`; it lives until `expires_at` if nobody extends it."""

    commit: Commit
    url: PreviewUrl
    expires_at: AwareDatetime


@event("previews")
class PreviewFailed(Preview):
    """A preview could not be brought to where it should be, because of `resource` where one is known."""

    resource: Annotated[str, Field(max_length=256, examples=["Items (AWS::DynamoDB::Table)"])] | None = None
    reason: Because


@event("previews")
class PreviewRemoved(Preview):
    """Nothing is left of a preview."""

    reason: Because
