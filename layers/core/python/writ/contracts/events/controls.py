"""What people ask of a bot as a whole or of one of its actions, and what came of it."""

from typing import Annotated

from pydantic import Field

from writ.contracts.action import Name
from writ.contracts.event import EventData, event

Bot = Annotated[Name, Field(examples=["backlog"])]
Person = Annotated[str, Field(min_length=1, max_length=128, examples=["operator"])]
Reason = Annotated[str, Field(min_length=1, max_length=500, examples=["Provider outage"])]


class BotControl(EventData):
    bot: Bot
    by: Person
    reason: Reason


class ActionControl(BotControl):
    action: Annotated[Name, Field(examples=["retire-task"])]


@event("platform")
class ActionPauseRequested(ActionControl):
    """Somebody wants the bot to take this action no more, from its next event on."""


@event("platform")
class ActionResumeRequested(ActionControl):
    """Somebody wants the bot to take this action again."""


@event("platform")
class ActionPaused(ActionControl):
    """The bot takes this action no more."""


@event("platform")
class ActionResumed(ActionControl):
    """The bot takes this action again."""


@event("platform")
class BotPauseRequested(BotControl):
    """Somebody wants the bot to stop acting from its next event on."""


@event("platform")
class BotResumeRequested(BotControl):
    """Somebody wants the bot to act again."""


@event("platform")
class BotPaused(BotControl):
    """The bot acts no more."""


@event("platform")
class BotResumed(BotControl):
    """The bot acts again."""
