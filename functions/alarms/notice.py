"""What CloudWatch tells SNS of an alarm, as an event.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

import hashlib
import json
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from writ.contracts.errors import ContractError, from_validation
from writ.contracts.event import AnyEvent, make_event
from writ.contracts.events.alarms import AlarmChange, AlarmCleared, AlarmRaised, AlarmState

PRODUCER: Final = "alarms"
_LONGEST: Final = 1024


class Notice(BaseModel):
    """The fields we read; what else CloudWatch says, and says next year, is let pass."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    name: Annotated[str, Field(alias="AlarmName", min_length=1, max_length=255)]
    description: Annotated[str | None, Field(alias="AlarmDescription")] = None
    state: Annotated[Literal["OK", "ALARM"], Field(alias="NewStateValue")]
    previous: Annotated[AlarmState, Field(alias="OldStateValue")]
    reason: Annotated[str, Field(alias="NewStateReason")]
    changed_at: Annotated[AwareDatetime, Field(alias="StateChangeTime")]


def read(body: str) -> AnyEvent:
    """The event of one notice; every delivery of it gives the same id.

    Raises ContractError that names the field, for what is not the notice of an alarm.
    """
    try:
        notice = Notice.model_validate(json.loads(body))
    except ValidationError as error:
        problem = from_validation(error, "alarm notice")
        raise ContractError(problem.message, code=problem.code, field=problem.field) from None
    except (ValueError, RecursionError):
        raise ContractError("alarm notice is not JSON", code="contract.not_json", field="body") from None
    kind = AlarmRaised if notice.state == "ALARM" else AlarmCleared
    data = kind(
        alarm=notice.name,
        description=(notice.description or "")[:_LONGEST],
        reason=notice.reason[:_LONGEST],
        previous=notice.previous,
    )
    return make_event(data, id=_id(notice), time=notice.changed_at, producer=PRODUCER)


def is_news(event: AnyEvent) -> bool:
    """Whether the alarm went off, or had gone off: a new alarm that finds all in order is no news."""
    data = event.data
    return isinstance(data, AlarmRaised) or (isinstance(data, AlarmChange) and data.previous == "ALARM")


def _id(notice: Notice) -> str:
    parts = (notice.name, notice.state, notice.changed_at.isoformat())
    return f"alarm-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"
