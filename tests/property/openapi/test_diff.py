"""What holds for any two documents."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from tests.support.openapi import TODAY, answers, changes, sends, spec
from writ.openapi.change import Verdict
from writ.openapi.diff import diff
from writ.openapi.rules import RULES

NAMES: Final = st.sampled_from(["a", "b", "c"])
SMALL: Final = st.integers(0, 3)
_WORDS: Final = st.sampled_from(
    [
        "$ref",
        "type",
        "enum",
        "const",
        "properties",
        "required",
        "items",
        "allOf",
        "oneOf",
        "anyOf",
        "not",
        "minimum",
        "exclusiveMinimum",
        "nullable",
        "discriminator",
        "additionalProperties",
        "format",
        "default",
        "parameters",
        "requestBody",
        "responses",
        "content",
        "schema",
        "security",
        "servers",
        "callbacks",
        "in",
        "name",
        "post",
        "200",
        "deprecated",
        "x-sunset",
        "headers",
        "application/json",
        "readOnly",
        "url",
    ]
)
_SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["string", "object", "#", "#/paths", "#/components/schemas/S", "x.json", "query", "2020-01-01", ""]
    )
)
JSON: Final = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_WORDS | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=3)},
        optional={
            "required": st.lists(NAMES, max_size=2, unique=True),
            "additionalProperties": st.booleans(),
            "minProperties": SMALL,
        },
    )


STRINGS: Final = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", ["string", "null"]])},
    optional={
        "minLength": SMALL,
        "maxLength": SMALL,
        "format": st.sampled_from(["date", "uuid"]),
        "pattern": NAMES,
        "enum": st.lists(NAMES, min_size=1, max_size=3, unique=True),
    },
)
NUMBERS: Final = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={
        "minimum": SMALL,
        "exclusiveMaximum": SMALL,
        "multipleOf": st.integers(1, 4),
        "format": st.sampled_from(["int32", "int64"]),
    },
)
SCHEMAS: Final = st.recursive(
    STRINGS | NUMBERS | st.booleans(),
    lambda inner: (
        _objects(inner)
        | st.fixed_dictionaries(
            {"type": st.just("array"), "items": inner}, optional={"uniqueItems": st.booleans()}
        )
    ),
    max_leaves=6,
)
COMBINED: Final = st.recursive(
    SCHEMAS | st.just({"$ref": "#/components/schemas/S"}),
    lambda inner: (
        st.builds(
            lambda word, members: {word: members},
            st.sampled_from(["allOf", "oneOf", "anyOf"]),
            st.lists(inner, min_size=1, max_size=3),
        )
        | _objects(inner)
    ),
    max_leaves=8,
)


@given(schema=COMBINED, named=COMBINED.filter(lambda each: each != {"$ref": "#/components/schemas/S"}))
def test_a_document_against_itself_has_no_change_that_is_not_unreadable(schema: Any, named: Any) -> None:
    document = sends(schema, components={"schemas": {"S": named}})
    assert {each.rule for each in changes(document, document)} <= {"part.unreadable"}


@given(schema=SCHEMAS)
def test_a_readable_document_against_itself_is_empty(schema: Any) -> None:
    for document in (sends(schema), answers(schema)):
        assert changes(document, document) == ()


@given(old=JSON, new=JSON)
def test_any_json_is_read_without_an_error(old: Any, new: Any) -> None:
    diff(old, new, TODAY)
    for place in (sends, spec):
        before, after = (
            place(each) if place is sends or isinstance(each, dict) else spec() for each in (old, new)
        )
        found = diff(before, after, TODAY)
        assert all(each.rule in RULES for each in found.changes)
    before, after = ({**spec(), **each} if isinstance(each, dict) else each for each in (old, new))
    diff(before, after, TODAY)


@given(old=SCHEMAS, new=SCHEMAS)
def test_what_narrows_a_request_is_what_widens_a_response_undone(old: Any, new: Any) -> None:
    """Where each rule has a mirror: removals are judged by what was announced, and defaults by requests."""
    forth, back = changes(sends(old), sends(new)), changes(answers(new), answers(old))
    if any(RULES[each.rule].mirror is None for each in (*forth, *back)):
        return
    assert sorted((str(RULES[each.rule].mirror), each.verdict.value) for each in forth) == sorted(
        (each.rule, each.verdict.value) for each in back
    )


@given(old=SCHEMAS, new=SCHEMAS)
def test_what_is_compatible_one_way_is_compatible_the_other_way_undone(old: Any, new: Any) -> None:
    """A new property that is optional is compatible both ways; its removal is not, whichever the way."""
    exempt = {"schema.property.removed", "schema.property-added", "schema.required-property-added"}
    forth = [each for each in changes(sends(old), sends(new)) if each.rule not in exempt]
    back = [each for each in changes(answers(new), answers(old)) if each.rule not in exempt]
    exempt_too = {"schema.property-added-to-closed"}
    harmful = [
        {each.verdict for each in found if each.rule not in exempt_too} - {Verdict.COMPATIBLE}
        for found in (forth, back)
    ]
    assert harmful[0] == harmful[1]


NODE: Final = {"$ref": "#/components/schemas/Node"}
STRING_LIKE: Final = {"type": "string", "format": "uuid", "pattern": "a", "maxLength": 9}
RICH: Final = {
    "openapi": "3.0.3",
    "servers": [{"url": "https://api.example", "variables": {"v": {"default": "1", "enum": ["1"]}}}],
    "security": [{"o": ["a"]}],
    "paths": {
        "/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": STRING_LIKE}],
            "post": {
                "deprecated": True,
                "x-sunset": "2026-01-01",
                "requestBody": {
                    "required": True,
                    "content": {"a/b": {"schema": NODE, "encoding": {"x": {}}}},
                },
                "responses": {
                    "200": {"headers": {"X": {"schema": STRING_LIKE}}, "content": {"a/b": {"schema": NODE}}}
                },
                "callbacks": {
                    "c": {"{$x}": {"post": {"requestBody": {"content": {"a/b": {"schema": NODE}}}}}}
                },
            },
        }
    },
    "components": {
        "schemas": {
            "Node": {
                "type": "object",
                "required": ["a"],
                "properties": {
                    "a": {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "default": 2},
                    "b": {
                        "oneOf": [NODE, STRING_LIKE],
                        "discriminator": {"propertyName": "a", "mapping": {}},
                    },
                    "c": {"allOf": [NODE], "nullable": True},
                    "d": {"type": "array", "items": NODE, "not": NODE},
                },
                "additionalProperties": {"enum": ["x", 1]},
            }
        },
        "securitySchemes": {"o": {"type": "oauth2", "flows": {"implicit": {"scopes": {"a": ""}}}}},
    },
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for name, part in inner for each in places(part, (*path, name)))]


def with_part(value: Any, path: tuple[Any, ...], part: Any) -> Any:
    if not path:
        return part
    made = value.copy()
    made[path[0]] = with_part(value[path[0]], path[1:], part)
    return made


@given(place=st.sampled_from(places(RICH)), junk=JSON)
def test_a_document_that_is_damaged_anywhere_is_read_without_an_error(place: Any, junk: Any) -> None:
    damaged = with_part(RICH, place, junk)
    diff(RICH, damaged, TODAY)
    diff(damaged, RICH, TODAY)
    assert {each.verdict for each in changes(damaged, damaged)} <= {Verdict.UNKNOWN}
