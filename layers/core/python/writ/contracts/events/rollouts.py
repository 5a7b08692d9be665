"""Rollouts and rollbacks: what somebody asked for, how far they are, and how they ended."""

from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue

from writ.contracts.action import Name
from writ.contracts.event import EventData, event
from writ.contracts.rollout_id import ROLLOUT_ID

RolloutId = Annotated[str, Field(pattern=f"^{ROLLOUT_ID}$", examples=["shop-17"])]
Service = Annotated[Name, Field(examples=["shop"])]
Because = Annotated[str, Field(min_length=1, max_length=500, examples=["errors after the release"])]
Person = Annotated[str, Field(max_length=128, examples=["operator"])]
ReleaseName = Annotated[str, Field(min_length=1, max_length=100, examples=["1.4.0"])]
Repository = Annotated[str, Field(max_length=140, examples=["acme/shop"])]
PullRequest = Annotated[int, Field(ge=1, examples=[42])]

_GROUP: Final = {"service": "shop", "functions": ["service-shop"]}
_RELEASE: Final = {"id": "1.4.0", "versions": {"service-shop": "7"}}
_PLAN: Final = {"steps": [{"weight": 0.1, "pause_s": 300}], "bake_s": 600}
_WATCH: Final = {
    "criteria": {"metrics": [{"kind": "count", "name": "errors", "acceptable": 0.001}]},
    "sources": {"errors": {"metric": "Errors", "exposure": "Invocations"}},
    "stops": [{"metric": "errors", "objective": 0.999}],
}


@event("rollouts")
class RolloutRequested(EventData):
    """Somebody wants a release rolled out; `group`, `release`, `plan`, `watch` are documents of their own.

    `by` is the name that others may read; two people can share it, so `by_id` tells who may not approve.
    """

    group: Annotated[dict[str, JsonValue], Field(examples=[_GROUP])]
    release: Annotated[dict[str, JsonValue], Field(examples=[_RELEASE])]
    plan: Annotated[dict[str, JsonValue] | None, Field(examples=[_PLAN])] = None
    watch: Annotated[dict[str, JsonValue], Field(examples=[_WATCH])]
    repository: Repository | None = None
    pull_request: PullRequest | None = None
    by: Person = ""
    by_id: Person = ""


@event("rollouts")
class RolloutAbortRequested(EventData):
    """Somebody wants a rollout reverted."""

    rollout: RolloutId
    reason: Because
    by: Person = ""


@event("rollouts")
class RollbackRequested(EventData):
    """A service is to go back: out of an open rollout, or to an earlier release with good evidence.

    `release` is which one, the newest good one if absent. `dependants`: services that call this one go back
    before it. `then` are services whose turn comes after this one.
    """

    service: Service
    release: ReleaseName | None = None
    dependants: bool = False
    then: tuple[Name, ...] = ()
    reason: Because
    repository: Repository | None = None
    pull_request: PullRequest | None = None
    by: Person = ""


@event("rollouts")
class RolloutAdvanced(EventData):
    """A rollout made the transition `seq`; `driver` decides the next one."""

    rollout: RolloutId
    seq: Annotated[int, Field(ge=0, examples=[3])]
    driver: Annotated[Literal["canary", "rollback"], Field(examples=["canary"])]


@event("rollouts")
class RolloutDue(EventData):
    """The flow that follows a rollout looks whether its next move is due."""

    rollout: RolloutId


@event("rollouts")
class RolloutEnded(EventData):
    """A rollout is over: one release has everything. `healthy` is None where nothing was seen of it."""

    rollout: RolloutId
    service: Service
    release: ReleaseName
    final: Annotated[Literal["promoted", "reverted"], Field(examples=["reverted"])]
    way: Annotated[Literal["forward", "back"], Field(examples=["forward"])]
    healthy: bool | None = None
    reason: Because


@event("rollouts")
class IncidentOpened(EventData):
    """A release had to be taken back, or what it was taken back to is not healthy either."""

    incident: Annotated[str, Field(min_length=1, max_length=80, examples=["shop-17"])]
    service: Service
    severity: Annotated[Literal["minor", "major"], Field(examples=["minor"])]
    reason: Because
