"""A person's demand that a service go back: an action in that name."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from functions.rollback.handler import bot
from writ.contracts.action import Name
from writ.contracts.errors import NOT_BLANK
from writ.contracts.events.rollouts import RollbackRequested
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response


class NewRollback(BaseModel):
    """Which service, to which release (the newest good one if absent), and whether its callers go first."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    service: Name
    release: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    dependants: bool = False
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=NOT_BLANK)]
    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,39}/[A-Za-z0-9_.-]{1,100}$")] | None = None
    pull_request: Annotated[int, Field(ge=1)] | None = None


def roll_back(request: Request) -> Response:
    """Begin, and answer where to see how far it is."""
    asked = request.parse(NewRollback)
    command = RollbackRequested.model_validate({**asked.model_dump(), "by": request.caller.shown})
    record = carry_out(bot, request, command, field="service")
    seen = {} if record.outcome is None else record.outcome.observed
    if "migration" in seen:  # the data go first; the service follows once they are restored
        first = {"service": asked.service, "state": "restoring data"}
        return answer(record, first, status=202, location=f"/v1/migrations/{seen['migration']}")
    id = str(seen["rollout"]) if seen else None
    done = None if id is None else {"id": id, "service": asked.service, "state": "going back"}
    return answer(record, done, status=202, location=id and f"/v1/rollouts/{id}")
