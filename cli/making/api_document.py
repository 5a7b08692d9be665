"""The OpenAPI document of Writ's own API, out of what its routes are deployed from.

A manifest says which routes there are and who may call them, `api.py` what each is called and does, and
`operations.py` beside it what it takes and answers. Schemas are those of the models themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from cli.making import api_answers
from cli.making.api_routes import Described, described
from cli.making.api_schemas import Schemas
from stacks.manifest import BotFolder
from writ.openapi.operation import JSON, Operation
from writ.runtime.doors import WORKFLOWS

OPENAPI: Final = "3.1.0"
PLACE: Final = "docs/reference/openapi.yaml"
_INFO: Final = (
    "The control plane of a software organisation. Every command is an action: policy decides on it, signed "
    "statements of it are in the ledger, and the header `Writ-Action` names it. Lists are read page by page "
    "with `cursor`. Problems have a stable `code`: `x-codes` has those of a route, `name.*` being any that "
    "begins so."
)


def document(folders: Sequence[BotFolder], version: str) -> dict[str, Any]:
    """The document, as JSON value. Raises ContractError for a route that nothing describes."""
    routes = [described(folder, route) for folder in folders for route in folder.manifest.routes]
    schemas = Schemas.of(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(routes, key=lambda each: each.path):
        paths.setdefault(route.path, {})[route.method] = _operation(route, schemas)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "Writ",
            "version": version,
            "description": _INFO,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "{origin}", "variables": {"origin": {"default": "https://writ.example"}}}],
        "security": [{"operator": []}],
        "tags": [
            {"name": folder.name, "description": folder.manifest.summary}
            for folder in folders
            if folder.manifest.routes
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "operator": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the user pool of operators.",
                },
            },
            "responses": api_answers.problems(schemas),
            "schemas": schemas.components,
        },
    }


def dumped(value: Mapping[str, Any]) -> str:
    """The text of a document, in the order in which it was put together."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)


class _Dumper(yaml.CSafeDumper):
    """Writes a part that occurs twice twice, for readers that know no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _operation(route: Described, schemas: Schemas) -> dict[str, Any]:
    summary, _, rest = route.words.partition("\n")
    made: dict[str, Any] = {"operationId": route.name, "tags": [route.tag], "summary": summary}
    if rest.strip():
        made["description"] = rest.strip()
    if route.public:
        made["security"] = []
        made["description"] = "\n\n".join(filter(None, (made.get("description"), route.reason)))
    if route.workflows:
        door = (
            f"Runs of workflows call it at `{WORKFLOWS}{route.path}`, by tokens that their forge gives them."
        )
        made["description"] = "\n\n".join(filter(None, (made.get("description"), door)))
    if parameters := [*_path(route), *_query(route, schemas), *_headers(route.operation)]:
        made["parameters"] = parameters
    if route.operation.body is not None:
        kind = JSON if route.operation.body is not str else route.operation.media[0]
        content = {kind: {"schema": schemas.body(route.key)}}
        made["requestBody"] = {"required": route.operation.body_required, "content": content}
    made["responses"] = api_answers.responses(route, schemas)
    made["x-codes"] = sorted(api_answers.codes_of(route))
    return made


def _path(route: Described) -> Iterator[dict[str, Any]]:
    for part in route.parts:
        schema: Mapping[str, Any] = {"type": "string", "minLength": 1}
        if part == "index":
            schema = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
        yield {"name": part, "in": "path", "required": True, "schema": schema}


def _query(route: Described, schemas: Schemas) -> Iterator[dict[str, Any]]:
    model = route.operation.query
    for name, field in (model.model_fields if model is not None else {}).items():
        schema = schemas.query(route.key, name, field)
        words = {"description": field.description} if field.description else {}
        yield {"name": name, "in": "query", **words, "required": field.is_required(), "schema": schema}


def _headers(operation: Operation) -> Iterator[dict[str, Any]]:
    if operation.if_match is not None:
        yield _header("If-Match", "The ETag of what is to be changed", operation.if_match == "required")
    if operation.if_none_match:
        yield _header("If-None-Match", "The ETag of what the caller has: 304 where it is still so", False)
    for name, words in (operation.headers or {}).items():
        yield _header(name, words, True)


def _header(name: str, words: str, required: bool) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": "header", "description": words, "required": required, "schema": schema}
