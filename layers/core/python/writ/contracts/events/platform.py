"""What the control plane says of itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from writ.contracts.action import Name
from writ.contracts.event import EventData, event

Bot = Annotated[Name, Field(examples=["backlog"])]
Person = Annotated[str, Field(min_length=1, max_length=128, examples=["operator"])]
Reason = Annotated[str, Field(min_length=1, max_length=500, examples=["Provider outage"])]
AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]


@event("platform")
class ScheduleTicked(EventData):
    """A schedule of a manifest came due; `schedule` is its text there."""

    schedule: Annotated[str, Field(pattern=r"^(rate|cron)\(.+\)$", max_length=128, examples=["rate(1 hour)"])]


@event("platform")
class CheckpointPublished(EventData):
    """The ledger has a new signed checkpoint: `size` entries under `root` (Base64 of 32 bytes)."""

    origin: Annotated[str, Field(min_length=1, max_length=256, examples=["writ.example/log"])]
    size: Annotated[int, Field(ge=0, examples=[1024])]
    root: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$", examples=["47DEQpj8HBSa" + "A" * 31 + "="])]


class BotControl(EventData):
    bot: Bot
    by: Person
    reason: Reason


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


@event("platform")
class EventRejected(EventData):
    """A message broke its contract and went to the dead-letter queue of `bot`."""

    bot: Bot
    code: Annotated[str, Field(min_length=1, max_length=64, examples=["contract.missing_field"])]
    field: Annotated[str, Field(max_length=512, examples=["detail.data.check_id"])] | None = None
    event_type: Annotated[str, Field(max_length=128, examples=["CheckFailed.v1"])] | None = None
    reason: Reason


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
