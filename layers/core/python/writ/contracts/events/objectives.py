"""Error budgets of bots, and how fast they burn."""

from typing import Annotated, Literal

from pydantic import Field

from writ.contracts.action import Name
from writ.contracts.event import EventData, event


class ObjectiveNews(EventData):
    bot: Annotated[Name, Field(examples=["backlog"])]
    objective: Annotated[float, Field(gt=0, lt=100, examples=[99.5])]
    left: Annotated[float, Field(ge=0, le=100, examples=[12.5])]
    failed: Annotated[int, Field(ge=0, examples=[7])]
    total: Annotated[int, Field(ge=0, examples=[1600])]


@event("platform")
class BudgetRunLow(ObjectiveNews):
    """A quarter or less is `left` (percent) of a bot's error budget of 30 days."""


@event("platform")
class BudgetSpent(ObjectiveNews):
    """A bot has spent more than its error budget of 30 days, and chance does not explain it."""


@event("platform")
class BudgetRecovered(ObjectiveNews):
    """A bot has enough of its error budget again."""


@event("platform")
class BurnRateExceeded(ObjectiveNews):
    """A bot spends its budget so fast that somebody must look: now (`page`) or this week (`ticket`)."""

    severity: Annotated[Literal["page", "ticket"], Field(examples=["page"])]


@event("platform")
class BurnRateSettled(ObjectiveNews):
    """A bot spends its budget no faster than it may."""
