"""What the control plane says of itself."""

from typing import Annotated, Any

from pydantic import Field

from writ.contracts.action import Name
from writ.contracts.event import EventData, event


@event("platform")
class ScheduleTicked(EventData):
    """A schedule of a manifest came due; `schedule` is its text there."""

    schedule: Annotated[str, Field(pattern=r"^(rate|cron)\(.+\)$", max_length=128, examples=["rate(1 hour)"])]


def tick(schedule: str, *, id: str, time: str) -> dict[str, Any]:
    """The message by which a bot's queue hears that a schedule came due; `id` is that of this time alone."""
    return {
        "detail-type": "ScheduleTicked.v1",
        "source": "writ.scheduler",
        "detail": {
            "meta": {"id": id, "time": time, "producer": "scheduler"},
            "data": {"schedule": schedule},
        },
    }


@event("platform")
class CheckpointPublished(EventData):
    """The ledger has a new signed checkpoint: `size` entries under `root` (Base64 of 32 bytes)."""

    origin: Annotated[str, Field(min_length=1, max_length=256, examples=["writ.example/log"])]
    size: Annotated[int, Field(ge=0, examples=[1024])]
    root: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$", examples=["47DEQpj8HBSa" + "A" * 31 + "="])]


@event("platform")
class EventRejected(EventData):
    """A message broke its contract and went to the dead-letter queue of `bot`."""

    bot: Annotated[Name, Field(examples=["backlog"])]
    code: Annotated[str, Field(min_length=1, max_length=64, examples=["contract.missing_field"])]
    field: Annotated[str, Field(max_length=512, examples=["detail.data.check_id"])] | None = None
    event_type: Annotated[str, Field(max_length=128, examples=["CheckFailed.v1"])] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["Provider outage"])]
