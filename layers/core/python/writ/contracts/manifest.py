"""The manifest of a bot: everything the stacks, the registry and the docs need to know of it."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from writ.contracts.action import Name
from writ.contracts.action_spec import ActionSpec
from writ.contracts.event import EventType

TableVerb = Literal["read", "append", "upsert", "bulk", "remove", "scan"]
BucketVerb = Literal["read", "append", "upsert", "cosign", "trust", "seed"]
_Schedule = Annotated[str, Field(pattern=r"^(rate|cron)\(.+\)$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Trigger(_Part):
    """Exactly one of: an event (with an optional filter), a schedule, a table's stream, alarms, metrics.

    `alarms: true` brings every change of state of every CloudWatch alarm of the plane. `metrics: true` brings
    the metrics in the logs of its functions, where the target does not read them from there itself; a folder
    with this trigger is deployed to no other target.
    """

    event: EventType | None = None
    where: dict[str, list[str | int | bool]] = {}
    schedule: _Schedule | None = None
    stream: Name | None = None
    alarms: Literal[True] | None = None
    metrics: Literal[True] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        kinds = (self.event, self.schedule, self.stream, self.alarms, self.metrics)
        if sum(value is not None for value in kinds) != 1:
            raise ValueError("a trigger has exactly one of event, schedule, stream, alarms, metrics")
        if self.where and self.event is None:
            raise ValueError("where goes with event")
        return self


class Route(_Part):
    """A REST route. `auth: none` needs a reason; everything else sits behind the JWT authorizer.

    `workflows`: whether runs of workflows may call it too, by tokens that their forge gives them.
    """

    route: Annotated[str, Field(pattern=r"^(GET|POST|PATCH|PUT|DELETE) /v1/[a-z0-9/{}_-]+(?:\{[a-z]+\+\})?$")]
    auth: Literal["jwt", "none"] = "jwt"
    reason: str | None = None
    workflows: bool = False

    @model_validator(mode="after")
    def _open_has_reason(self) -> Self:
        if self.auth == "none" and not self.reason:
            raise ValueError("a route without authorizer needs a reason")
        if self.auth == "none" and self.workflows:
            raise ValueError("a route that is open needs no door for workflows")
        return self


class Needs(_Part):
    """What a function may touch, in the closed set of verbs that stacks/grants.py knows.

    `services` are the organisation's own functions, `data` its tables, which the plane did not deploy.
    `previews` is the name space of preview environments: their stacks, their tables, what answers in them.
    `parameters` are values that only exist once the plane is deployed.
    """

    tables: dict[Name, list[TableVerb]] = {}
    buckets: dict[Name, list[BucketVerb]] = {}
    keys: dict[Name, list[Literal["sign", "public", "seal", "open"]]] = {}
    secrets: list[Name] = []
    flows: list[Name] = []
    functions: list[Name] = []
    metrics: list[Literal["put", "read"]] = []
    flags: list[Literal["read", "set"]] = []
    services: list[Literal["read", "shift", "call"]] = []
    data: list[Literal["read", "edit"]] = []
    previews: list[Literal["manage", "seed", "call"]] = []
    parameters: list[Name] = []


class Slo(_Part):
    """Objective: share of actions (or requests) that succeed, in percent, and the 95th percentile."""

    success: Annotated[float, Field(gt=0, lt=100)]
    p95_ms: Annotated[int, Field(gt=0)]


class Manifest(_Part):
    """`functions/<name>/bot.yaml`, validated.

    `apart`: deployed in a stack of its own that shares nothing with the plane, in any account.
    """

    name: Name
    summary: Annotated[str, Field(min_length=10, max_length=200)]
    owner: Name
    kind: Literal["bot", "system"] = "bot"
    apart: bool = False
    triggers: list[Trigger] = []
    actions: dict[Name, ActionSpec] = {}
    needs: Needs = Field(default_factory=Needs)
    emits: list[EventType] = []
    routes: list[Route] = []
    slo: Slo
    runbook: str
    memory_mb: Annotated[int, Field(ge=128, le=10240)] = 512
    timeout_s: Annotated[int, Field(ge=1, le=900)] = 30
    concurrency: Annotated[int, Field(ge=2, le=1000)] = 10

    @model_validator(mode="before")
    @classmethod
    def _plain_routes(cls, data: object) -> object:
        """Allow `- GET /v1/x` as a short form of `- {route: GET /v1/x}`."""
        if isinstance(data, dict) and isinstance(data.get("routes"), list):
            routes = [{"route": item} if isinstance(item, str) else item for item in data["routes"]]
            return {**data, "routes": routes}
        return data
