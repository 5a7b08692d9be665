"""Typed events: what travels on the bus, and how an event type is declared."""

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from writ.contracts.errors import ContractError, from_validation

_TYPE = re.compile(r"(?P<name>[A-Z][A-Za-z0-9]+)\.v(?P<version>[1-9][0-9]*)")

EventType = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]+\.v[1-9][0-9]*$", max_length=128)]


class EventData(BaseModel):
    """The body of an event. A tolerant reader: fields it does not know are kept, not refused."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    domain: ClassVar[str]
    detail_type: ClassVar[str]


D_co = TypeVar("D_co", bound=EventData, covariant=True)
_DataT = TypeVar("_DataT", bound=type[EventData])


# A W3C traceparent, version 00.
Traceparent = Annotated[str, Field(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]


class EventMeta(BaseModel):
    """Where an event came from.

    `id` is the same for every delivery of the same fact, so consumers can drop repeats. `cause` is the
    action or delivery that led to it; `trace` is a W3C traceparent.
    """

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    id: Annotated[str, Field(min_length=1, max_length=128)]
    time: AwareDatetime
    producer: Annotated[str, Field(min_length=1, max_length=64)]
    trace: Traceparent | None = None
    cause: Annotated[str, Field(max_length=128)] | None = None


@dataclass(frozen=True, slots=True)
class Event(Generic[D_co]):
    """One typed event: its type with version, where it came from, and its data, both already valid."""

    type: str
    meta: EventMeta
    data: D_co

    @property
    def id(self) -> str:
        return self.meta.id

    def detail(self) -> dict[str, Any]:
        """The JSON-ready EventBridge `detail`."""
        return {
            "meta": self.meta.model_dump(mode="json", exclude_none=True),
            "data": self.data.model_dump(mode="json", exclude_none=True),
        }


AnyEvent = Event[EventData]

_registry: dict[str, type[EventData]] = {}


def event(domain: str, *, version: int = 1) -> Callable[[_DataT], _DataT]:
    """Register an event type under its class name, e.g. `CheckFailed` version 1 as `CheckFailed.v1`."""

    def register(cls: _DataT) -> _DataT:
        cls.domain = domain
        cls.detail_type = f"{cls.__name__.removesuffix(f'V{version}')}.v{version}"
        if cls.detail_type in _registry:
            raise ContractError(f"event type {cls.detail_type} is declared twice", code="contract.duplicate")
        _registry[cls.detail_type] = cls
        return cls

    return register


def event_types() -> Mapping[str, type[EventData]]:
    """Every declared event type, by `Name.vN`."""
    import pkgutil

    from writ.contracts import events

    for module in pkgutil.iter_modules(events.__path__):
        _load(module.name)
    return dict(sorted(_registry.items()))


def make_event(
    data: EventData,
    *,
    id: str,
    time: datetime,
    producer: str,
    trace: str | None = None,
    cause: str | None = None,
) -> AnyEvent:
    """Wrap data that is already valid into an event."""
    meta = EventMeta(id=id, time=time, producer=producer, trace=trace, cause=cause)
    return Event(type=data.detail_type, meta=meta, data=data)


def parse_event(detail_type: object, detail: object) -> AnyEvent:
    """Validate an EventBridge detail against the contract of its type.

    Raises
    ------
    ContractError
        `contract.unknown_type`, `contract.unknown_version`, `contract.missing_field` or
        `contract.invalid`, with the dotted path of the field.
    """
    match = _TYPE.fullmatch(detail_type) if isinstance(detail_type, str) else None
    if match is None or not isinstance(detail_type, str):
        raise ContractError("detail-type is not of the form Name.vN", field="detail-type")
    model = _declared(detail_type) or event_types().get(detail_type)
    if model is None:
        known = any(name.startswith(match["name"] + ".v") for name in _registry)
        code = "contract.unknown_version" if known else "contract.unknown_type"
        raise ContractError(f"no contract for event type {detail_type}", code=code, field="detail-type")
    if not isinstance(detail, Mapping):
        raise ContractError("detail is not an object", field="detail")
    for part in ("meta", "data"):
        if not isinstance(detail.get(part), Mapping):
            raise ContractError(
                f"{detail_type}: {part} is missing or not an object",
                code="contract.missing_field",
                field=f"detail.{part}",
            )
    meta = _validated(EventMeta, detail["meta"], f"{detail_type} meta", "detail.meta")
    data = _validated(model, detail["data"], f"{detail_type} data", "detail.data")
    return Event(type=detail_type, meta=meta, data=data)


def _declared(detail_type: str) -> type[EventData] | None:
    # A start that builds the models of all events, to find one, takes a seventh longer.
    from writ.contracts.events.index import MODULES  # `writ generate`, which writes it, starts without it

    if detail_type not in _registry and (module := MODULES.get(detail_type)):
        _load(module)
    return _registry.get(detail_type)


def _load(module: str) -> None:
    importlib.import_module(f"writ.contracts.events.{module}")


_ModelT = TypeVar("_ModelT", bound=BaseModel)


def _validated(model: type[_ModelT], value: Any, subject: str, prefix: str) -> _ModelT:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problem = from_validation(error, subject)
        field = f"{prefix}.{problem.field}" if problem.field else prefix
        raise ContractError(problem.message, code=problem.code, field=field) from None
