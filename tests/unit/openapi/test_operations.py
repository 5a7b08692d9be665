"""Operations: each row is an old and a new one, the rules that apply, and their verdicts."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.support.openapi import TODAY, changes, spec, told
from writ.openapi.change import Verdict
from writ.openapi.diff import diff
from writ.openapi.rules import RULES
from writ.release.versions import Bump

B, N, U = "breaking", "non-breaking", "unknown"
STRING: Final = {"type": "string"}
JSON: Final = {"application/json": {"schema": STRING}}
OK: Final = {"200": {"description": ""}}
SUNSET_HEADER: Final = {"Sunset": {"schema": {"const": "Wed, 25 Nov 2026 00:00:00 GMT"}}}
SCHEMES: Final[dict[str, Any]] = {
    "components": {
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "token": {"type": "http", "scheme": "bearer"},
        }
    }
}


def parameter(place: str = "query", name: str = "q", **others: Any) -> dict[str, Any]:
    return {"parameters": [{"in": place, "name": name, "schema": STRING, **others}]}


def replies(*codes: str) -> dict[str, Any]:
    return {"responses": {code: {"content": JSON} for code in codes}}


def body(**others: Any) -> dict[str, Any]:
    return {"requestBody": {"content": JSON, **others}}


def header(**others: Any) -> dict[str, Any]:
    return {"responses": {"200": {"headers": {"X-Left": {"schema": STRING, **others}}}}}


def secured(*ways: dict[str, list[str]]) -> dict[str, Any]:
    return {"security": list(ways)}


def called_back(schema: Any) -> dict[str, Any]:
    post = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": OK}
    return {"callbacks": {"done": {"{$request.body#/url}": {"post": post}}}}


GONE: Final[dict[str, Any]] = {"deprecated": True}

# An operation of the old and of the new document; None is none.
CASES: Final[list[tuple[str, Any, Any, dict[str, str]]]] = [
    ("operation removed", {}, None, {"operation.removed": B}),
    ("operation added", None, {}, {"operation.added": N}),
    ("deprecated, no day", GONE, None, {"operation.removed-without-sunset": B}),
    ("its day is over", {**GONE, "x-sunset": "2026-11-25"}, None, {"operation.removed-after-sunset": N}),
    (
        "its day is to come",
        {**GONE, "x-sunset": "2026-11-26T00:00:00Z"},
        None,
        {"operation.removed-before-sunset": B},
    ),
    (
        "its day, as HTTP has it",
        {**GONE, "x-sunset": "Thu, 26 Nov 2026 10:00:00 GMT"},
        None,
        {"operation.removed-before-sunset": B},
    ),
    (
        "its day in a header",
        {**GONE, "responses": {"200": {"headers": SUNSET_HEADER}}},
        None,
        {"operation.removed-after-sunset": N},
    ),
    ("its day is none", {**GONE, "x-sunset": "soon"}, None, {"operation.removed-sunset-unreadable": U}),
    ("a day without deprecation", {"x-sunset": "2020-01-01"}, None, {"operation.removed": B}),
    ("deprecated now", {}, {**GONE, "x-sunset": "2027-01-01"}, {"operation.deprecated": N}),
    ("deprecated no more", GONE, {}, {"operation.reinstated": N}),
    (
        "ends earlier",
        {**GONE, "x-sunset": "2027-02-01"},
        {**GONE, "x-sunset": "2027-01-01"},
        {"operation.sunset-earlier": B},
    ),
    (
        "ends later",
        {**GONE, "x-sunset": "2027-01-01"},
        {**GONE, "x-sunset": "2027-02-01"},
        {"operation.sunset-changed": N},
    ),
    ("operationId changed", {"operationId": "a"}, {"operationId": "b"}, {"operation.id-changed": B}),
    ("operationId added", {}, {"operationId": "b"}, {"operation.id-added": N}),
    ("words only", {"summary": "a", "tags": ["a"]}, {"summary": "b", "description": "c"}, {}),
    ("optional parameter added", {}, parameter(), {"parameter.added-optional": N}),
    ("required parameter added", {}, parameter(required=True), {"parameter.added-required": B}),
    ("parameter removed", parameter(), {}, {"parameter.removed": B}),
    (
        "parameter removed after its day",
        parameter(**GONE, **{"x-sunset": "2026-01-01"}),
        {},
        {"parameter.removed-after-sunset": N},
    ),
    ("parameter became required", parameter(), parameter(required=True), {"parameter.required": B}),
    ("parameter became optional", parameter(required=True), parameter(), {"parameter.optional": N}),
    ("parameter moved", parameter("query"), parameter("header"), {"parameter.location-changed": B}),
    ("parameter's schema", parameter(), parameter(schema={"type": "integer"}), {"schema.type-changed": B}),
    (
        "parameter written in another way",
        parameter(),
        parameter(explode=False),
        {"parameter.serialization-changed": B},
    ),
    ("parameter's style said", parameter(), parameter(style="form"), {}),
    (
        "parameter by media type",
        parameter(),
        {"parameters": [{"in": "query", "name": "q", "content": JSON}]},
        {"parameter.serialization-changed": B},
    ),
    ("empty value refused", parameter(allowEmptyValue=True), parameter(), {"parameter.empty-refused": B}),
    ("header in other letters", parameter("header", "X-A"), parameter("header", "x-a"), {}),
    (
        "query in other letters",
        parameter("query", "A"),
        parameter("query", "a"),
        {"parameter.location-changed": B},
    ),
    ("a header that is not a parameter", {}, parameter("header", "Authorization", required=True), {}),
    ("parameter deprecated", parameter(), parameter(**GONE), {"parameter.deprecated": N}),
    ("optional body added", {}, body(), {"request-body.added-optional": N}),
    ("required body added", {}, body(required=True), {"request-body.added-required": B}),
    ("body removed", body(), {}, {"request-body.removed": B}),
    ("body became required", body(), body(required=True), {"request-body.required": B}),
    ("body became optional", body(required=True), body(), {"request-body.optional": N}),
    ("media type removed", body(content={**JSON, "text/csv": {}}), body(), {"media-type.removed": B}),
    ("media type added", body(), body(content={**JSON, "text/csv": {}}), {"media-type.added": N}),
    (
        "media type with its charset",
        body(),
        body(content={"Application/JSON; charset=utf-8": {"schema": STRING}}),
        {},
    ),
    (
        "media type under a range",
        body(),
        body(content={"application/*": {"schema": STRING}}),
        {"media-type.added": N},
    ),
    (
        "encoding of a form",
        body(),
        body(content={"application/json": {"schema": STRING, "encoding": {"a": {}}}}),
        {"media-type.encoding-changed": U},
    ),
    ("success removed", replies("200", "201"), replies("200"), {"response.success-removed": B}),
    ("failure removed", replies("200", "404"), replies("200"), {"response.error-removed": N}),
    ("default removed", replies("200", "default"), replies("200"), {"response.default-removed": B}),
    ("status added", replies("200"), replies("200", "429"), {"response.added": N}),
    ("status that default was", replies("default"), replies("404", "default"), {}),
    ("statuses of a range", replies("2XX"), replies("200", "201"), {}),
    ("status in a range", replies("200"), replies("2xx"), {"response.added": N}),
    ("response without media type", replies("200"), {"responses": OK}, {"media-type.removed": B}),
    ("response header added", {"responses": OK}, header(), {"response-header.added": N}),
    ("response header removed", header(), {"responses": OK}, {"response-header.removed": B}),
    ("response header may be missing", header(required=True), header(), {"response-header.optional": B}),
    ("response header always there", header(), header(required=True), {"response-header.required": N}),
    ("authentication required", {}, secured({"key": []}), {"security.required": B}),
    ("authentication dropped", secured({"key": []}), {}, {"security.alternative-added": N}),
    (
        "another way in",
        secured({"key": []}),
        secured({"key": []}, {"token": []}),
        {"security.alternative-added": N},
    ),
    (
        "a way in gone",
        secured({"key": []}, {"token": []}),
        secured({"token": []}),
        {"security.alternative-removed": B},
    ),
    (
        "both in place of one",
        secured({"key": []}),
        secured({"key": [], "token": []}),
        {"security.alternative-removed": B},
    ),
    ("more scopes", secured({"token": ["a"]}), secured({"token": ["a", "b"]}), {"security.scope-added": B}),
    (
        "fewer scopes",
        secured({"token": ["a", "b"]}),
        secured({"token": ["a"]}),
        {"security.alternative-added": N},
    ),
    (
        "a scheme that is not defined",
        secured({"x": []}),
        secured({"x": []}),
        {"security.scheme-undefined": U},
    ),
    (
        "another server",
        {"servers": [{"url": "https://a.example/"}]},
        {"servers": [{"url": "https://b.example"}]},
        {"server.removed": B, "server.added": N},
    ),
    (
        "the same server",
        {"servers": [{"url": "https://a.example/"}]},
        {"servers": [{"url": "https://a.example"}]},
        {},
    ),
    (
        "callback says more",
        called_back(STRING),
        called_back({"type": ["string", "null"]}),
        {"schema.null-added": B},
    ),
    (
        "callback says less",
        called_back({"type": ["string", "null"]}),
        called_back(STRING),
        {"schema.null-removed": N},
    ),
    ("callback removed", called_back(STRING), {}, {"callback.removed": B}),
    ("callback added", {}, called_back(STRING), {"callback.added": N}),
    ("parameters that are no list", {"parameters": {}}, {"parameters": {}}, {"part.unreadable": U}),
    ("a status that is none", replies("ok"), replies("ok"), {"part.unreadable": U}),
    (
        "a body behind nothing",
        {"requestBody": {"$ref": "#/x"}},
        {"requestBody": {"$ref": "#/x"}},
        {"reference.unresolvable": U},
    ),
    (
        "an added operation with what is nowhere",
        None,
        body(content={"a/b": {"schema": {"$ref": "#/x"}}}),
        {"operation.added": N, "reference.unresolvable": U},
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_changed_operation_is_judged(old: Any, new: Any, expected: dict[str, str]) -> None:
    assert told(spec(old, **SCHEMES), spec(new, **SCHEMES)) == set(expected.items())


def test_a_path_is_the_same_under_other_names_of_its_variables() -> None:
    def users(name: str, schema: Any) -> dict[str, Any]:
        parameters = [{"in": "path", "name": name, "required": True, "schema": schema}]
        return {"openapi": "3.0.3", "paths": {f"/users/{{{name}}}": {"parameters": parameters, "get": {}}}}

    found = told(users("id", STRING), users("user", {"type": "integer"}))
    assert found == {("path.parameter-renamed", N), ("schema.type-changed", B)}


def test_a_parameter_of_the_operation_takes_the_place_of_the_paths() -> None:
    shared = {"parameters": [{"in": "query", "name": "q", "required": True, "schema": STRING}]}
    old = spec(parameter())
    new = spec(parameter())
    new["paths"]["/things"].update(shared)
    assert told(old, new) == set()


def test_a_path_behind_a_reference_is_read() -> None:
    shared: dict[str, Any] = {"components": {"pathItems": {"P": {"post": {"responses": OK}}}}}
    behind = spec(**shared) | {"paths": {"/things": {"$ref": "#/components/pathItems/P"}}}
    assert told(spec({"responses": OK}), behind) == set()
    assert told(behind, spec({"responses": OK})) == set()


def test_a_webhook_is_sent_by_the_api() -> None:
    def hooked(schema: Any) -> dict[str, Any]:
        post = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
        return spec(webhooks={"done": {"post": post}})

    (change,) = changes(hooked(STRING), hooked({"type": "integer"}))
    assert (change.operation, change.direction.value) == ("webhook done", "response")
    assert told(hooked(STRING), hooked({"enum": ["a"]})) == {("schema.enum-added", N)}
    assert told(hooked({"enum": ["a"]}), hooked(STRING)) == {("schema.enum-removed", B)}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"type": "http", "scheme": "bearer"}, {"type": "http", "scheme": "Bearer"}, set()),
        (
            {"type": "http", "scheme": "bearer"},
            {"type": "http", "scheme": "basic"},
            {("security.scheme-changed", B)},
        ),
        (
            {"type": "oauth2", "flows": {"implicit": {"scopes": {"a": ""}}}},
            {"type": "oauth2", "flows": {"implicit": {"scopes": {}}, "password": {}}},
            {("security.flow-changed", B), ("security.flow-added", N)},
        ),
        (
            {"type": "oauth2", "flows": {"implicit": {}}},
            {"type": "oauth2", "flows": {}},
            {("security.flow-removed", B)},
        ),
    ],
)
def test_a_security_scheme_is_compared_by_what_a_client_does(
    old: Any, new: Any, expected: set[tuple[str, str]]
) -> None:
    before, after = (
        spec(secured({"s": []}), components={"securitySchemes": {"s": each}}) for each in (old, new)
    )
    assert told(before, after) == expected


def test_a_renamed_security_scheme_is_no_change() -> None:
    scheme = {"type": "http", "scheme": "bearer"}
    old, new = (
        spec(secured({name: []}), components={"securitySchemes": {name: scheme}}) for name in ("a", "b")
    )
    assert told(old, new) == set()


def test_a_variable_of_a_server_is_compared() -> None:
    def served(default: str, *values: str) -> dict[str, Any]:
        variables = {"region": {"default": default, "enum": list(values)}}
        return spec(servers=[{"url": "https://{region}.example", "variables": variables}])

    assert told(served("eu", "eu", "us"), served("us", "us", "ap")) == {
        ("server.default-changed", B),
        ("server.value-removed", B),
        ("server.value-added", N),
    }


@pytest.mark.parametrize(
    "value", [None, [], {}, {"swagger": "2.0"}, {"openapi": "4.0.0"}, {"openapi": 3.1}, {"openapi": "3.2.0"}]
)
def test_what_is_no_openapi_is_unknown_and_never_compatible(value: Any) -> None:
    found = diff(value, value, TODAY)
    assert found.verdict is Verdict.UNKNOWN
    assert found.bump is Bump.MAJOR
    assert {each.rule for each in found.changes} == {"document.unreadable"}


def test_what_refers_to_itself_as_a_value_is_refused() -> None:
    endless: dict[str, Any] = spec({})
    endless["x"] = endless
    assert [each.rule for each in changes(endless, spec({}))] == ["document.unreadable"]


def test_the_bump_follows_from_the_worst_change() -> None:
    assert diff(spec({}), spec({}), TODAY).bump is Bump.NONE
    assert diff(spec({}), spec(parameter()), TODAY).bump is Bump.MINOR
    assert diff(spec(parameter()), spec({}), TODAY).bump is Bump.MAJOR


def test_what_breaks_comes_first() -> None:
    old, new = spec({"operationId": "a"}), spec({"operationId": "b", **parameter()})
    old["paths"] = {"/a": {"get": {}}, **old["paths"]}
    new["paths"] = {"/a": {"get": {"operationId": "x"}}, **new["paths"]}
    assert [(each.operation, each.verdict.value) for each in changes(old, new)] == [
        ("POST /things", B),
        ("POST /things", N),
        ("GET /a", N),
    ]


def test_a_mirrored_rule_is_mirrored_back() -> None:
    for rule in RULES.values():
        assert rule.mirror is None or RULES[rule.mirror].mirror == rule.id
