"""Schemas: each row is an old and a new one, and the rules that apply with their verdicts either way."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.support.openapi import answers, changes, sends, told

B, N, U = "breaking", "non-breaking", "unknown"
STRING: Final = {"type": "string"}
OPEN: Final = {"type": "object", "properties": {"a": STRING}}
CLOSED: Final = {**OPEN, "additionalProperties": False}
WITH_B: Final = {"a": STRING, "b": STRING}
GONE: Final = {"type": "string", "deprecated": True}
CAT: Final = {
    "type": "object",
    "title": "Cat",
    "properties": {"lives": {"type": "integer"}},
    "required": ["lives"],
}
DOG: Final = {"type": "object", "title": "Dog", "properties": {"tail": STRING}, "required": ["tail"]}

# name, old, new, and for each rule what it is in a request and in a response.
CASES: Final[list[tuple[str, Any, Any, dict[str, tuple[str, str]]]]] = [
    ("type changed", STRING, {"type": "integer"}, {"schema.type-changed": (B, B)}),
    ("integer to number", {"type": "integer"}, {"type": "number"}, {"schema.type-widened": (N, B)}),
    ("number to integer", {"type": "number"}, {"type": "integer"}, {"schema.type-narrowed": (B, N)}),
    ("type added to a list", STRING, {"type": ["string", "integer"]}, {"schema.type-widened": (N, B)}),
    ("type gone from a list", {"type": ["string", "integer"]}, STRING, {"schema.type-narrowed": (B, N)}),
    ("order of types", {"type": ["string", "null"]}, {"type": ["null", "string"]}, {}),
    ("anything to a string", {}, STRING, {"schema.type-narrowed": (B, N), "schema.null-removed": (B, N)}),
    ("true is anything", True, {}, {}),
    ("null added", STRING, {"type": ["string", "null"]}, {"schema.null-added": (N, B)}),
    ("null removed", {"type": ["string", "null"]}, STRING, {"schema.null-removed": (B, N)}),
    ("null as an alternative", {"type": ["string", "null"]}, {"anyOf": [STRING, {"type": "null"}]}, {}),
    ("enum narrowed", {"enum": ["a", "b"]}, {"enum": ["a"]}, {"schema.enum-value-removed": (B, N)}),
    ("enum widened", {"enum": ["a"]}, {"enum": ["a", "b"]}, {"schema.enum-value-added": (N, B)}),
    (
        "enum exchanged",
        {"enum": ["a"]},
        {"enum": ["b"]},
        {"schema.enum-value-removed": (B, N), "schema.enum-value-added": (N, B)},
    ),
    ("enum in another order", {"enum": ["a", "b"]}, {"enum": ["b", "a"]}, {}),
    ("enum new", STRING, {"type": "string", "enum": ["a"]}, {"schema.enum-added": (B, N)}),
    ("enum gone", {"type": "string", "enum": ["a"]}, STRING, {"schema.enum-removed": (N, B)}),
    ("const is an enum of one", {"const": "a"}, {"enum": ["a"]}, {}),
    (
        "1 is not true",
        {"enum": [1]},
        {"enum": [True]},
        {"schema.enum-value-removed": (B, N), "schema.enum-value-added": (N, B)},
    ),
    (
        "consts are an enum",
        {"oneOf": [{"const": "a"}, {"const": "b"}]},
        {"type": "string", "enum": ["a", "b"]},
        {},
    ),
    ("all of boolean", {"type": "boolean"}, {"type": "boolean", "enum": [True, False]}, {}),
    ("default changed", {"default": 1}, {"default": 2}, {"schema.default-changed": (B, N)}),
    ("default removed", {"default": 1}, {}, {"schema.default-removed": (B, N)}),
    ("default added", {}, {"default": 1}, {"schema.default-added": (N, N)}),
    ("format added", STRING, {"type": "string", "format": "uuid"}, {"schema.format-added": (B, N)}),
    ("format removed", {"type": "string", "format": "uuid"}, STRING, {"schema.format-removed": (N, B)}),
    (
        "format changed",
        {"type": "string", "format": "date"},
        {"type": "string", "format": "date-time"},
        {"schema.format-changed": (B, B)},
    ),
    (
        "int32 to int64",
        {"type": "integer", "format": "int32"},
        {"type": "integer", "format": "int64"},
        {"schema.format-widened": (N, B)},
    ),
    (
        "double to float",
        {"type": "number", "format": "double"},
        {"type": "number", "format": "float"},
        {"schema.format-narrowed": (B, N)},
    ),
    (
        "minimum raised",
        {"type": "number", "minimum": 1},
        {"type": "number", "minimum": 2},
        {"schema.minimum-raised": (B, N)},
    ),
    (
        "minimum gone",
        {"type": "number", "minimum": 1},
        {"type": "number"},
        {"schema.minimum-lowered": (N, B)},
    ),
    (
        "minimum made exclusive",
        {"type": "number", "minimum": 1},
        {"type": "number", "exclusiveMinimum": 1},
        {"schema.minimum-raised": (B, N)},
    ),
    (
        "above 0 is from 1 for integers",
        {"type": "integer", "exclusiveMinimum": 0},
        {"type": "integer", "minimum": 1},
        {},
    ),
    ("maximum new", {"type": "number"}, {"type": "number", "maximum": 9}, {"schema.maximum-lowered": (B, N)}),
    (
        "maximum raised",
        {"type": "number", "maximum": 9},
        {"type": "number", "maximum": 10},
        {"schema.maximum-raised": (N, B)},
    ),
    ("length of at least 0", STRING, {"type": "string", "minLength": 0}, {}),
    ("longer at least", STRING, {"type": "string", "minLength": 1}, {"schema.min-length-raised": (B, N)}),
    (
        "shorter at most",
        {"type": "string", "maxLength": 9},
        {"type": "string", "maxLength": 8},
        {"schema.max-length-lowered": (B, N)},
    ),
    (
        "fewer items",
        {"type": "array", "maxItems": 9},
        {"type": "array", "maxItems": 8},
        {"schema.max-items-lowered": (B, N)},
    ),
    (
        "fewer properties",
        {"type": "object"},
        {"type": "object", "maxProperties": 8},
        {"schema.max-properties-lowered": (B, N)},
    ),
    ("bound of another type", {"type": "string", "minimum": 1}, {"type": "string", "minimum": 2}, {}),
    (
        "multiple of more",
        {"type": "integer", "multipleOf": 2},
        {"type": "integer", "multipleOf": 4},
        {"schema.multiple-of-narrowed": (B, N)},
    ),
    (
        "multiple of less",
        {"type": "integer", "multipleOf": 4},
        {"type": "integer", "multipleOf": 2},
        {"schema.multiple-of-widened": (N, B)},
    ),
    (
        "multiple of another",
        {"type": "integer", "multipleOf": 2},
        {"type": "integer", "multipleOf": 3},
        {"schema.multiple-of-changed": (B, B)},
    ),
    (
        "unique items",
        {"type": "array"},
        {"type": "array", "uniqueItems": True},
        {"schema.unique-items-added": (B, N)},
    ),
    ("pattern added", STRING, {"type": "string", "pattern": "a"}, {"schema.pattern-added": (B, N)}),
    ("pattern removed", {"type": "string", "pattern": "a"}, STRING, {"schema.pattern-removed": (N, B)}),
    (
        "pattern changed",
        {"type": "string", "pattern": "a"},
        {"type": "string", "pattern": "b"},
        {"schema.pattern-changed": (U, U)},
    ),
    ("property became required", OPEN, {**OPEN, "required": ["a"]}, {"schema.property-required": (B, N)}),
    ("property became optional", {**OPEN, "required": ["a"]}, OPEN, {"schema.property-optional": (N, B)}),
    (
        "name required that no property has",
        {"type": "object"},
        {"type": "object", "required": ["a"]},
        {"schema.property-required": (B, N)},
    ),
    ("optional property added", OPEN, {**OPEN, "properties": WITH_B}, {"schema.property-added": (N, N)}),
    (
        "property added to a closed object",
        CLOSED,
        {**CLOSED, "properties": WITH_B},
        {"schema.property-added-to-closed": (N, B)},
    ),
    (
        "required property added",
        OPEN,
        {**OPEN, "properties": WITH_B, "required": ["b"]},
        {"schema.required-property-added": (B, N)},
    ),
    ("property removed", {**OPEN, "properties": WITH_B}, OPEN, {"schema.property.removed": (B, B)}),
    (
        "property removed after its sunset",
        {**OPEN, "properties": {"a": STRING, "b": {**GONE, "x-sunset": "2026-11-24"}}},
        OPEN,
        {"schema.property.removed-after-sunset": (N, N)},
    ),
    (
        "property removed before its sunset",
        {**OPEN, "properties": {"a": STRING, "b": {**GONE, "x-sunset": "2026-11-26"}}},
        OPEN,
        {"schema.property.removed-before-sunset": (B, B)},
    ),
    (
        "property deprecated",
        OPEN,
        {**OPEN, "properties": {"a": GONE}},
        {"schema.property.deprecated": (N, N)},
    ),
    ("other properties refused", OPEN, CLOSED, {"schema.additional-properties-refused": (B, N)}),
    ("other properties allowed", CLOSED, OPEN, {"schema.additional-properties-allowed": (N, B)}),
    (
        "values of a map",
        {"type": "object", "additionalProperties": STRING},
        {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        {"schema.null-added": (N, B)},
    ),
    (
        "items",
        {"type": "array", "items": STRING},
        {"type": "array", "items": {"type": "integer"}},
        {"schema.type-changed": (B, B)},
    ),
    (
        "read-only property required",
        OPEN,
        {
            "type": "object",
            "properties": {"a": STRING, "id": {"type": "string", "readOnly": True}},
            "required": ["id"],
        },
        {"schema.required-property-added": ("", N)},
    ),
    (
        "property made read-only",
        OPEN,
        {"type": "object", "properties": {"a": {"type": "string", "readOnly": True}}},
        {"schema.property-read-only": (B, "")},
    ),
    (
        "property made write-only",
        OPEN,
        {"type": "object", "properties": {"a": {"type": "string", "writeOnly": True}}},
        {"schema.property-write-only": ("", B)},
    ),
    (
        "alternative added",
        {"oneOf": [CAT, DOG]},
        {"oneOf": [CAT, DOG, STRING]},
        {"schema.choice-added": (N, B)},
    ),
    (
        "alternative removed",
        {"anyOf": [CAT, DOG, STRING]},
        {"anyOf": [DOG, CAT]},
        {"schema.choice-removed": (B, N)},
    ),
    ("alternatives in another order", {"oneOf": [CAT, DOG]}, {"oneOf": [DOG, CAT]}, {}),
    (
        "alternative changed, in another order",
        {"oneOf": [CAT, DOG]},
        {"oneOf": [DOG, {**CAT, "required": []}]},
        {"schema.property-optional": (N, B)},
    ),
    ("one became one of several", CAT, {"oneOf": [CAT, DOG]}, {"schema.choice-added": (N, B)}),
    ("one of several is left", {"anyOf": [CAT, DOG]}, DOG, {"schema.choice-removed": (B, N)}),
    (
        "an alternative that another holds",
        {"anyOf": [{"type": "number"}, STRING]},
        {"anyOf": [{"type": "number"}, STRING, {"type": "integer"}]},
        {},
    ),
    ("several may fit", {"oneOf": [CAT, DOG]}, {"anyOf": [CAT, DOG]}, {"schema.choice-inclusive": (N, B)}),
    ("put together", {"allOf": [OPEN, {"required": ["a"]}]}, {**OPEN, "required": ["a"]}, {}),
    ("one more of all", OPEN, {"allOf": [OPEN, {"required": ["a"]}]}, {"schema.property-required": (B, N)}),
    (
        "the tighter of all",
        {"allOf": [{"type": "string", "maxLength": 5}, {"maxLength": 9}]},
        {"type": "string", "maxLength": 5},
        {},
    ),
    (
        "discriminator by another property",
        {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind"}},
        {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "type"}},
        {"schema.discriminator-changed": (B, B)},
    ),
    (
        "discriminator with one value less",
        {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind", "mapping": {"c": "Cat", "d": "Dog"}}},
        {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind", "mapping": {"c": "Cat"}}},
        {"schema.discriminator-value-removed": (B, N)},
    ),
    ("not something else", {"not": STRING}, {"not": {"type": "integer"}}, {"schema.keyword-changed": (U, U)}),
    ("not the same in other words", {"not": STRING}, {"not": {"type": ["string"]}}, {}),
    ("a title and a description", STRING, {"type": "string", "title": "T", "description": "D"}, {}),
    ("a type that is none", STRING, {"type": "text"}, {"part.unreadable": (U, U)}),
    ("a bound that is no number", STRING, {"type": "string", "minLength": "1"}, {"part.unreadable": (U, U)}),
    (
        "a reference to nothing",
        STRING,
        {"$ref": "#/components/schemas/X"},
        {"reference.unresolvable": (U, U)},
    ),
    (
        "a reference to another file",
        {"$ref": "x.yaml"},
        {"$ref": "x.yaml"},
        {"reference.unresolvable": (U, U)},
    ),
    (
        "a new property that refers to nothing",
        OPEN,
        {**OPEN, "properties": {"a": STRING, "b": {"items": {"$ref": "#/x"}}}},
        {"schema.property-added": (N, N), "reference.unresolvable": (U, U)},
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_changed_schema_is_judged_by_its_direction(
    old: Any, new: Any, expected: dict[str, tuple[str, str]]
) -> None:
    assert told(sends(old), sends(new)) == {(rule, way[0]) for rule, way in expected.items() if way[0]}
    assert told(answers(old), answers(new)) == {(rule, way[1]) for rule, way in expected.items() if way[1]}


def test_nullable_of_3_0_is_null_of_3_1() -> None:
    old = answers({"type": "string", "nullable": True, "minLength": 1}, version="3.0.3")
    assert told(old, answers({"type": ["string", "null"], "minLength": 1})) == {
        ("document.version-changed", N)
    }


def test_an_exclusive_bound_of_3_0_is_that_of_3_1() -> None:
    old = answers({"type": "number", "minimum": 0, "exclusiveMinimum": True}, version="3.0.3")
    assert told(old, answers({"type": "number", "exclusiveMinimum": 0})) == {("document.version-changed", N)}


def test_what_stands_beside_a_reference_applies_in_3_1_only() -> None:
    parts = {"components": {"schemas": {"S": STRING}}}
    beside = {"$ref": "#/components/schemas/S", "maxLength": 3}
    for version, expected in (
        ("3.1.0", {("schema.max-length-lowered", B)}),
        ("3.0.3", set[tuple[str, str]]()),
    ):
        old, new = (sends(each, version=version, **parts) for each in (STRING, beside))
        assert told(old, new) == expected


def test_a_nullable_reference_of_3_0_is_understood() -> None:
    parts = {"components": {"schemas": {"S": STRING}}}
    nullable = {"allOf": [{"$ref": "#/components/schemas/S"}], "nullable": True}
    old, new = (answers(each, version="3.0.3", **parts) for each in (STRING, nullable))
    assert told(old, new) == {("schema.null-added", B)}


def tree(leaf: Any) -> dict[str, Any]:
    node = {
        "type": "object",
        "properties": {"value": leaf, "children": {"items": {"$ref": "#/components/schemas/Node"}}},
    }
    return {"components": {"schemas": {"Node": node}}}


def test_a_schema_that_refers_to_itself_is_compared_once() -> None:
    here = {"$ref": "#/components/schemas/Node"}
    old, new = answers(here, **tree(STRING)), answers(here, **tree({"type": ["string", "null"]}))
    assert told(old, old) == set()
    (change,) = changes(old, new)
    assert (change.rule, change.schema) == ("schema.null-added", "Node.value")


def test_an_inner_schema_is_judged_anew_where_a_circle_is_entered_elsewhere() -> None:
    def circle(leaf: Any) -> dict[str, Any]:
        one = {"properties": {"other": {"$ref": "#/components/schemas/B"}, "leaf": leaf}}
        other = {"properties": {"one": {"$ref": "#/components/schemas/A"}}}
        response = {
            code: {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
            for code, name in (("200", "A"), ("201", "B"))
        }
        paths = {"/things": {"post": {"responses": response}}}
        return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": {"A": one, "B": other}}}

    found = changes(circle(STRING), circle({"type": "integer"}))
    assert [each.place for each in found] == [
        "response 200 application/json .leaf",
        "response 201 application/json .one.leaf",
    ]


def test_a_schema_made_of_itself_is_unreadable() -> None:
    endless = {"components": {"schemas": {"S": {"allOf": [{"$ref": "#/components/schemas/S"}]}}}}
    document = answers({"$ref": "#/components/schemas/S"}, **endless)
    assert told(document, document) == {("part.unreadable", U)}


def test_a_renamed_schema_is_no_change() -> None:
    old, new = (
        answers({"$ref": f"#/components/schemas/{name}"}, components={"schemas": {name: OPEN}})
        for name in ("Thing", "RenamedThing")
    )
    assert told(old, new) == set()


def test_alternatives_of_one_name_belong_together() -> None:
    def pets(cat: Any) -> dict[str, Any]:
        names = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
        return answers({"oneOf": names}, components={"schemas": {"Cat": cat, "Dog": DOG}})

    (change,) = changes(pets(CAT), pets({**CAT, "required": []}))
    assert (change.rule, change.place) == (
        "schema.property-optional",
        "response 200 application/json <Cat>.lives",
    )


def test_schemas_that_all_refer_to_each_other_are_compared_in_bounded_steps() -> None:
    def clique(leaf: Any) -> dict[str, Any]:
        names = [f"S{at}" for at in range(30)]
        links = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
        schemas = {name: {"properties": {**links, "leaf": leaf}} for name in names}
        return answers(links["S0"], components={"schemas": schemas})

    assert changes(clique(STRING), clique(STRING)) == ()
    found = changes(clique(STRING), clique({"type": "integer"}))
    assert {each.schema for each in found} == {f"S{at}.leaf" for at in range(30)}
