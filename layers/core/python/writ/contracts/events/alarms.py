"""CloudWatch alarms of the plane, as events."""

from typing import Annotated, Literal

from pydantic import Field

from writ.contracts.event import EventData, event

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]


class AlarmChange(EventData):
    alarm: Annotated[str, Field(min_length=1, max_length=255, examples=["writ-prod-backlog-errors"])]
    description: Annotated[
        str, Field(max_length=1024, examples=["backlog (handler): errors. Runbook: docs/runbooks/backlog.md"])
    ] = ""
    reason: Annotated[str, Field(max_length=1024, examples=["Threshold Crossed: 1 datapoint [3.0]"])]
    previous: Annotated[AlarmState, Field(examples=["OK"])]


@event("platform")
class AlarmRaised(AlarmChange):
    """A CloudWatch alarm of the plane went off; `reason` is CloudWatch's own."""


@event("platform")
class AlarmCleared(AlarmChange):
    """A CloudWatch alarm of the plane that had gone off is over."""
