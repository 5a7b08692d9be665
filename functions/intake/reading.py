"""From a payload to an event, field by field, with the payload's own path in every complaint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from writ.contracts.errors import ContractError, from_validation
from writ.contracts.events.fields import GitHubData
from writ.contracts.redaction import redact

Document = Mapping[str, Any]
ABSENT: Final = object()
DataT = TypeVar("DataT", bound=GitHubData)


def at(document: Document, path: str) -> Any:
    """The value at a dotted path, or ABSENT; null counts as absent, for GitHub writes both.

    Raises ContractError when something on the way is not an object.
    """
    value: Any = document
    walked: list[str] = []
    for name in path.split("."):
        if not isinstance(value, Mapping):
            field = ".".join(walked)
            raise ContractError(f"{field} is not an object", field=field)
        value = value.get(name)
        walked.append(name)
        if value is None:
            return ABSENT
    return value


@dataclass(frozen=True, slots=True)
class From:
    """A field of an event: the first of `paths` that has a value, passed through `via`.

    `via` sees whatever JSON the payload holds and hands on what it cannot treat, so that the contract of
    the event refuses it. Without a value the `default` is taken, or else the field is left out.
    """

    paths: tuple[str, ...]
    via: Callable[[Any], Any] | None = None
    default: Any = ABSENT

    @property
    def path(self) -> str:
        return self.paths[0]

    def read(self, document: Document) -> Any:
        for path in self.paths:
            value = at(document, path)
            if value is not ABSENT and value != "":
                return self.via(value) if self.via else value
        return self.default


@dataclass(frozen=True, slots=True)
class Computed:
    """A field of an event that follows from several of the payload; `path` is named when it is refused."""

    path: str
    read: Callable[[Document], Any]


Source = From | Computed


def some(*paths: str, via: Callable[[Any], Any] | None = None) -> From:
    """Required, or optional by the event's contract."""
    return From(paths, via)


def cut(length: int) -> Callable[[Any], Any]:
    """Shorten display text to `length` characters."""
    return lambda value: value[:length] if isinstance(value, str) else value


def lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def names(value: Any) -> Any:
    """The names in a list of labelled things, 100 at most."""
    if not isinstance(value, list):
        return value
    return [cut(256)(item.get("name")) if isinstance(item, Mapping) else item for item in value[:100]]


as_title: Final = cut(300)
as_name: Final = cut(256)

COMMON: Final[Mapping[str, Source]] = {
    "action": some("action"),
    "repository": some("repository.full_name"),
    "organization": some("organization.login"),
    "sender": some("sender.login"),
}


def build(model: type[DataT], sources: Mapping[str, Source], document: Document, fixed: Document) -> DataT:
    """Make the event's data from a payload and from the `fixed` fields that intake itself adds.

    Secrets and mail addresses are masked in whatever is taken over.

    Raises
    ------
    ContractError
        `contract.missing_field` or `contract.invalid`, with the path in the payload.
    """
    taken = {**COMMON, **sources}
    values = {}
    for name in model.model_fields:
        if name in taken and (value := taken[name].read(document)) is not ABSENT:
            values[name] = value
    try:
        # Through JSON, because strict validation of JSON still takes arrays and time stamps.
        return model.model_validate_json(json.dumps({**redact(values), **fixed}), strict=True)
    except ValidationError as error:
        problem = from_validation(error, model.__name__)
        raise ContractError(problem.message, code=problem.code, field=_path(problem.field, taken)) from None


def _path(field: str | None, taken: Mapping[str, Source]) -> str | None:
    name, _, rest = (field or "").partition(".")
    if name not in taken:
        return field
    return f"{taken[name].path}.{rest}" if rest else taken[name].path
