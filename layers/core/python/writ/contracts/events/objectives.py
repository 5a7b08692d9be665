"""Error budgets of bots and services, and how fast they burn."""

from typing import Annotated, Literal

from pydantic import Field

from writ.contracts.action import Name
from writ.contracts.event import EventData, event


class ObjectiveNews(EventData):
    """`bot` names whose objective it is, also where the `subject` is a service and no bot;
    then the numbers are those of its worst `indicator`.
    """

    bot: Annotated[Name, Field(examples=["backlog"])]
    objective: Annotated[float, Field(gt=0, lt=100, examples=[99.5])]
    left: Annotated[float, Field(ge=0, le=100, examples=[12.5])]
    failed: Annotated[int, Field(ge=0, examples=[7])]
    total: Annotated[int, Field(ge=0, examples=[1600])]
    subject: Annotated[Literal["bot", "service"], Field(examples=["bot"])] = "bot"
    indicator: Annotated[Name | None, Field(examples=[None])] = None


@event("platform")
class BudgetRunLow(ObjectiveNews):
    """A quarter or less is `left` (percent) of an error budget of 30 days."""


@event("platform")
class BudgetSpent(ObjectiveNews):
    """A bot or service has spent more than its error budget of 30 days, and chance does not explain it."""


@event("platform")
class BudgetRecovered(ObjectiveNews):
    """A bot or service has enough of its error budget again."""


@event("platform")
class BurnRateExceeded(ObjectiveNews):
    """A budget is spent so fast that somebody must look: now (`page`) or this week (`ticket`)."""

    severity: Annotated[Literal["page", "ticket"], Field(examples=["page"])]


@event("platform")
class BurnRateSettled(ObjectiveNews):
    """A bot or service spends its budget no faster than it may."""
