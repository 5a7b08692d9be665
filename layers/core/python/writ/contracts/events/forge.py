"""What bots have to say where code is reviewed."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from writ.contracts.action import Name
from writ.contracts.event import EventData, event
from writ.contracts.events.fields import Identifier, Repository, Url

PullRequestNumber = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[42])]
Markdown = Annotated[str, Field(min_length=1, max_length=8000, examples=["The preview is ready."])]


@event("forge")
class PullRequestNoted(EventData):
    """A bot's section of the one comment that is kept on a pull request.

    `topic` names the section; a note with a later `noted_at` takes the place of an earlier one of its topic.
    """

    repository: Repository
    pull_request: PullRequestNumber
    topic: Annotated[Name, Field(examples=["preview"])]
    text: Markdown
    noted_at: AwareDatetime


@event("forge")
class PullRequestCommented(EventData):
    """The one comment on a pull request says what bots noted; `topics` are its sections."""

    repository: Repository
    pull_request: PullRequestNumber
    comment: Identifier
    url: Url
    topics: Annotated[tuple[Name, ...], Field(max_length=100, examples=[["preview"]])]
