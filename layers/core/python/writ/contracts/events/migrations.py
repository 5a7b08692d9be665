"""Migrations of data: what somebody asked for, how far they are, and how they ended."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from writ.contracts.action import Name
from writ.contracts.event import EventData, event

MigrationName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64, examples=["orders-total"])
]
Service = Annotated[Name, Field(examples=["shop"])]
Because = Annotated[str, Field(min_length=1, max_length=500, examples=["the release was taken back"])]
Person = Annotated[str, Field(max_length=128, examples=["operator"])]
TableName = Annotated[str, Field(min_length=3, max_length=255, examples=["service-shop-orders"])]

_DOCUMENT: Final = {
    "id": "orders-total",
    "service": "shop",
    "table": "service-shop-orders",
    "changes": [{"kind": "rename", "source": "total", "target": "amount"}],
    "guards": {"old_reads": {"namespace": "Shop", "name": "OldOrderReads"}},
}


class Returning(BaseModel):
    """A service that is to go back once its data can be read again; to the newest good release if absent.

    `then` are services whose turn comes after it.
    """

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    service: Service
    release: Annotated[str | None, Field(max_length=100, examples=["1.3.0"])] = None
    reason: Because
    then: tuple[Name, ...] = ()


@event("migrations")
class MigrationRequested(EventData):
    """Somebody wants a migration, or only to see what it would do; `document` is one of its own.

    `by` is the name that others may read; two people can share it, so `by_id` tells who may not approve.
    """

    migration: MigrationName
    document: Annotated[dict[str, JsonValue], Field(examples=[_DOCUMENT])]
    dry_run: bool = False
    by: Person = ""
    by_id: Person = ""


@event("migrations")
class MigrationAdvanced(EventData):
    """A migration is to make its next move, if there is one; `attempt` is the run of its flow that asks."""

    migration: MigrationName
    attempt: Annotated[int, Field(ge=1, examples=[1])]


@event("migrations")
class MigrationHalted(EventData):
    """A step of a migration did not come to its end, and a person has to look at it."""

    migration: MigrationName
    code: Annotated[str, Field(min_length=1, max_length=64, examples=["approval.rejected"])]
    message: Annotated[str, Field(min_length=1, max_length=500, examples=["a person rejected it"])]


class MigrationControl(EventData):
    migration: MigrationName
    reason: Because
    by: Person = ""


@event("migrations")
class MigrationPauseRequested(MigrationControl):
    """Somebody wants nothing more written until it is resumed."""


@event("migrations")
class MigrationResumeRequested(MigrationControl):
    """Somebody wants it to go on from where it is."""


@event("migrations")
class MigrationAbortRequested(MigrationControl):
    """Somebody wants it to end where it is, with what was done left as it is."""


@event("migrations")
class MigrationReverseRequested(MigrationControl):
    """Somebody wants it taken back by the steps that it declares as reversible; `then` follows."""

    then: Returning | None = None


@event("migrations")
class MigrationMoved(EventData):
    """A migration entered a stage; from now on the service writes and reads these shapes of its data."""

    migration: MigrationName
    service: Service
    table: TableName
    stage: Annotated[str, Field(max_length=20, examples=["backfill"])]
    writes: Annotated[Literal["old", "both", "new"], Field(examples=["both"])]
    reads: Annotated[Literal["old", "new"], Field(examples=["old"])]


@event("migrations")
class MigrationEnded(EventData):
    """A migration is over."""

    migration: MigrationName
    service: Service
    table: TableName
    final: Annotated[Literal["surveyed", "done", "reversed", "aborted"], Field(examples=["done"])]
