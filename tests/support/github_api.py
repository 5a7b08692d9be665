"""What GitHub publishes of its REST API, and requests held against it.

The description is the npm package `@octokit/openapi`, which follows
https://github.com/github/rest-api-description. It is read once a process.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
from jsonschema import Draft4Validator

from cli.local.cdk import install
from cli.plane import ROOT

_FILE: Final = ROOT / "node_modules" / "@octokit" / "openapi" / "generated" / "api.github.com.json"
_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
# GitHub keeps a file's path whole in one parameter, slashes and all, and here so the name of a ref.
_WHOLE: Final = ("/contents/{path}", "/git/ref/{ref}", "/git/refs/{ref}")


class Unpublished(AssertionError):
    """Something that GitHub's description does not have."""


@dataclass(frozen=True)
class Operation:
    """One published operation."""

    id: str
    path: str
    method: str
    document: dict[str, Any]

    def check_request(self, path: dict[str, str], query: dict[str, str], body: Any) -> None:
        """Raises Unpublished that says what is not as published."""
        given = {("path", name): value for name, value in path.items()}
        given |= {("query", name): value for name, value in query.items()}
        known = {(parameter["in"], parameter["name"]): parameter for parameter in self._parameters()}
        for key, value in given.items():
            if key not in known:
                raise Unpublished(f"{self.id}: no parameter {key[1]}")
            self._check(_typed(value, _resolved(known[key]["schema"])), known[key]["schema"], key[1])
        for key, parameter in known.items():
            if parameter.get("required") and key not in given:
                raise Unpublished(f"{self.id}: {key[1]} is missing")
        contents = self.document.get("requestBody", {}).get("content", {})
        if isinstance(body, bytes):
            if "application/octet-stream" not in contents:
                raise Unpublished(f"{self.id}: takes no file")
            return
        content = contents.get("application/json")
        if body is None:
            if self.document.get("requestBody", {}).get("required"):
                raise Unpublished(f"{self.id}: a body is missing")
            return
        if content is None:
            raise Unpublished(f"{self.id}: takes no body")
        self._check(body, content["schema"], "body")
        unknown = body.keys() - _properties(content["schema"])
        if unknown:
            raise Unpublished(f"{self.id}: no field {sorted(unknown)}")

    def _parameters(self) -> list[dict[str, Any]]:
        shared = _description()["paths"][self.path].get("parameters", [])
        return [_resolved(parameter) for parameter in [*shared, *self.document.get("parameters", [])]]

    def _check(self, value: Any, schema: dict[str, Any], where: str) -> None:
        for error in _validator(json.dumps(schema)).iter_errors(value):
            place = "".join(f"[{part!r}]" for part in error.absolute_path)
            raise Unpublished(f"{self.id}: {where}{place}: {error.message[:300]}")


def check(request: httpx.Request) -> Operation:
    """The operation of a request. Raises Unpublished for a request that GitHub does not describe."""
    parts = urlsplit(str(request.url))
    for operation in _operations(request.method.lower()):
        match = _pattern(operation.path).fullmatch(parts.path)
        if match:
            path = {name: unquote(value) for name, value in match.groupdict().items()}
            raw = request.headers.get("content-type") == "application/octet-stream"
            body = request.content if raw else json.loads(request.content) if request.content else None
            operation.check_request(path, dict(parse_qsl(parts.query)), body)
            return operation
    raise Unpublished(f"no operation {request.method} {parts.path}")


@cache
def _description() -> dict[str, Any]:
    install(tests=True)
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


@cache
def _operations(method: str) -> tuple[Operation, ...]:
    """Those of a method, the more literal ones first."""
    found = [
        Operation(item[method]["operationId"], path, method, item[method])
        for path, item in _description()["paths"].items()
        if method in item
    ]
    return tuple(sorted(found, key=lambda operation: operation.path.count("{")))


@cache
def _pattern(path: str) -> re.Pattern[str]:
    pieces = _PARAMETER.split(path)
    last = len(pieces) - 2 if path.endswith(_WHOLE) else None
    text = "".join(
        re.escape(piece) if place % 2 == 0 else f"(?P<{piece}>{'.+' if place == last else '[^/]+'})"
        for place, piece in enumerate(pieces)
    )
    return re.compile(text)


@cache
def _validator(schema: str) -> Draft4Validator:
    return Draft4Validator({**_ours(json.loads(schema)), "components": _components()})


@cache
def _components() -> dict[str, Any]:
    return {"schemas": _ours(_description()["components"]["schemas"])}


def _ours(value: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: null where a schema is nullable; `oneOf` may overlap at GitHub."""
    if isinstance(value, list):
        return [_ours(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {("anyOf" if name == "oneOf" else name): _ours(item) for name, item in value.items()}
    return {"anyOf": [made, {"type": "null"}]} if value.get("nullable") is True else made


def _resolved(value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = _description()
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return _resolved(found)


def _properties(schema: dict[str, Any]) -> set[str]:
    schema = _resolved(schema)
    own = set(schema.get("properties", {}))
    for kind in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(kind, []):
            own |= _properties(part)
    return own


def _typed(value: str, schema: dict[str, Any]) -> Any:
    if schema.get("type") == "integer" and value.lstrip("-").isdigit():
        return int(value)
    return value == "true" if schema.get("type") == "boolean" else value
