"""The schemas of the OpenAPI document: those of the models, under names that one reads well."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic.json_schema import DefsRef, GenerateJsonSchema

from writ.contracts.errors import ContractError
from writ.openapi.operation import Problem, Waiting

if TYPE_CHECKING:
    from cli.making.api_routes import Described

_REF: Final = "#/components/schemas/"
_BYTES: Final = {"type": "string", "format": "binary"}
_Mode = Literal["validation", "serialization"]


class Message(BaseModel):
    """What the gateway says before a function is asked."""

    message: Annotated[str, Field(examples=["Unauthorized"])]


class _Generator(GenerateJsonSchema):
    """Titles say what names say already, and code generators would name things by them."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def get_defs_ref(self, core_mode_ref: Any) -> DefsRef:
        """Where a model is from stays in its name; `_names` shortens it, the same way every time."""
        found = super().get_defs_ref(core_mode_ref)
        choices = self._prioritized_defsref_choices
        choices[found] = [each for each in choices[found] if "__" in each]
        return found


class Schemas:
    """What routes send and answer, as schemas that refer to `components`."""

    def __init__(self, found: Mapping[str, Any], components: dict[str, Any]) -> None:
        self._found = found
        self.components = components
        self.problem = found["problem"]
        self.message = found["message"]

    @classmethod
    def of(cls, routes: Sequence[Described]) -> Schemas:
        """The schemas of all routes, each model once."""
        wanted = [(key, mode, TypeAdapter(kind)) for key, mode, kind in _wanted(routes) if kind is not bytes]
        by_key, definitions = TypeAdapter.json_schemas(
            wanted, ref_template=_REF + "{model}", schema_generator=_Generator
        )
        components: Mapping[str, Any] = definitions.get("$defs", {})
        names = _names(components)
        found = {key: _plain(schema, names) for (key, _), schema in by_key.items()}
        made = {names[old]: _plain(schema, names) for old, schema in components.items()}
        sent = _reached(made, (schema for key, schema in found.items() if key.startswith("body ")))
        for name in made.keys() - sent:
            if made[name].get("additionalProperties") is False:
                del made[name]["additionalProperties"]  # an answer may get further fields
        return cls(found, dict(sorted(made.items())))

    def body(self, key: str) -> Any:
        return self._found[f"body {key}"]

    def answer(self, key: str, status: int) -> Any:
        """What is answered with a status: with 202 a command may say that it waits."""
        waits = self._found.get(f"waits {key}") if status == 202 else None
        return waits or self._found.get(f"answer {key}", _BYTES)

    def other(self, key: str, status: int) -> Any:
        """What is answered with a status that is no success, where that is no problem document."""
        return self._found[f"other {status} {key}"]

    def query(self, key: str, name: str, field: FieldInfo) -> dict[str, Any]:
        """A query parameter; one that is left out is not null."""
        schema = dict(self._found[f"query {name} {key}"])
        choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
        if len(choices) == 1:
            del schema["anyOf"]
            schema |= choices[0]
        if field.default is not None and not field.is_required():
            schema["default"] = field.default
        return schema


def _wanted(routes: Sequence[Described]) -> Iterator[tuple[str, _Mode, Any]]:
    for route in routes:
        operation = route.operation
        if operation.body is not None:
            yield f"body {route.key}", "validation", operation.body
        for name, field in (operation.query.model_fields if operation.query else {}).items():
            yield f"query {name} {route.key}", "validation", _annotation(field)
        yield f"answer {route.key}", "serialization", operation.answer
        if operation.acts:
            own = 202 in operation.status
            yield f"waits {route.key}", "serialization", operation.answer | Waiting if own else Waiting
        for status, (kind, _) in operation.others.items():
            yield f"other {status} {route.key}", "serialization", kind
    yield "problem", "serialization", Problem
    yield "message", "serialization", Message


def _annotation(field: FieldInfo) -> Any:
    kind: Any = field.annotation
    for constraint in field.metadata:
        kind = Annotated[kind, constraint]
    return kind


def _names(components: Iterable[str]) -> dict[str, str]:
    """A short name for each model. Raises ContractError where one has none or two have the same."""
    names = {name: _short(name) for name in components}
    nameless = [name for name, short in names.items() if not short]
    if nameless:
        raise ContractError(f"{nameless[0]} needs a name of its own", field="schemas")
    twice = [name for name, count in Counter(names.values()).items() if count > 1]
    if twice:
        raise ContractError(f"two models would be called {twice[0]}", field="schemas")
    return names


def _short(name: str) -> str:
    """`functions__canary__commands__Abort` is CanaryAbort; what describes answers has its name for this."""
    if item := re.fullmatch(r"writ__openapi__operation__Page_(.+)_", name):
        return f"{_short(item[1])}Page"
    whole, _, mode = name.partition("-")
    place, own = whole.split("__")[:-1], whole.split("__")[-1]
    if (
        not place
        or place[0] not in ("functions", "writ")
        or place[-1] in ("operations", "operation")
        or own.startswith("New")
    ):
        return own + mode
    part = place[-1] if place[1] == "contracts" else place[1]
    prefix = "".join(word.capitalize() for word in part.split("_"))
    return own + mode if prefix.removesuffix("s") in own else prefix + own + mode


def _plain(value: Any, names: Mapping[str, str], *, named: bool = False) -> Any:
    """A schema under the short names, without titles; `named`: its keys are names, and no keywords."""
    if isinstance(value, list):
        return [_plain(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for key, each in value.items():
        if key == "discriminator" and not named:
            mapping = {
                name: _REF + names[place.removeprefix(_REF)] for name, place in each["mapping"].items()
            }
            made[key] = {**each, "mapping": mapping}
        elif named or key not in ("title", "$ref", "default", "examples", "const", "enum"):
            made[key] = _plain(each, names, named=not named and key in ("properties", "patternProperties"))
        elif key == "$ref":
            made[key] = _REF + names[each.removeprefix(_REF)]
        elif key != "title":
            made[key] = each
    return made


def _reached(components: Mapping[str, Any], schemas: Iterable[Any]) -> set[str]:
    """The components that schemas are made of."""
    reached: set[str] = set()
    waiting = list(schemas)
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            name = str(value.get("$ref", "")).removeprefix(_REF)
            if name in components and name not in reached:
                reached.add(name)
                waiting.append(components[name])
            waiting += value.values()
    return reached
