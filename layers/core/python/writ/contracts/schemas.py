"""JSON Schemas (2020-12) and samples of all event types, generated from the contracts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import create_model

from writ.contracts.event import EventData, EventMeta, event_types

Schema = Mapping[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_META: Final = {
    "id": "gh-72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "time": "2030-01-31T09:30:00Z",
    "producer": "intake",
    "trace": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "cause": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
}
_TEXTS: Final = {"date-time": "2030-01-31T09:30:00Z", "date": "2030-01-31"}


def documents() -> dict[str, str]:
    """Every generated file: `<domain>/<Type>.vN.json` and `….sample.json`, by path below events/."""
    made = {}
    for detail_type, model in event_types().items():
        described = schema(detail_type, model)
        made[f"{model.domain}/{detail_type}.json"] = _text(described)
        made[f"{model.domain}/{detail_type}.sample.json"] = _text(sample(described))
    return made


def schema(detail_type: str, model: type[EventData]) -> dict[str, Any]:
    """The schema of the EventBridge `detail` of an event type."""
    detail = create_model(detail_type, __doc__=model.__doc__, meta=(EventMeta, ...), data=(model, ...))
    return {"$schema": DIALECT, "$id": f"urn:writ:event:{detail_type}", **detail.model_json_schema()}


def sample(described: Schema) -> dict[str, Any]:
    """A detail with every field set, made from the examples in the contract."""
    data = described["properties"]["data"]
    return {"meta": dict(_META), "data": _sample(data, described.get("$defs", {}))}


def _sample(node: Schema, definitions: Schema) -> Any:
    if "$ref" in node:
        return _sample(definitions[node["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in node:
        return _sample(next(part for part in node["anyOf"] if part.get("type") != "null"), definitions)
    given = [*node.get("examples", ()), *node.get("enum", ()), *([node["const"]] if "const" in node else ())]
    return given[0] if given else _of_type(node, definitions)


def _of_type(node: Schema, definitions: Schema) -> Any:
    match node.get("type"):
        case "object":
            return {name: _sample(part, definitions) for name, part in node.get("properties", {}).items()}
        case "array":
            return [_sample(node["items"], definitions)]
        case "integer" | "number":
            return max(node.get("minimum", 1), 1)
        case "boolean":
            return True
        case _:
            return _TEXTS.get(node.get("format", ""), "text")


def _text(document: Schema) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
