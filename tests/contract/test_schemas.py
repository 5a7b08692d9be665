"""The generated schemas against the contracts, the samples, the real payloads and the released versions."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from cli.making.schemas import EVENTS, differences, incompatibilities, release, write
from functions.intake.normalize import Delivered, normalize
from tests.support.memory_intake import DELIVERY, PAYLOADS, SAMPLES, payload
from writ.contracts.compatibility import breaks
from writ.contracts.event import event_types, make_event, parse_event
from writ.contracts.schemas import documents, sample, schema

ROOT = Path(__file__).parents[2]
TYPES = sorted(event_types().items())


@cache
def described(detail_type: str) -> dict[str, Any]:
    return schema(detail_type, event_types()[detail_type])


@cache
def validator(detail_type: str) -> Draft202012Validator:
    whole = described(detail_type)
    for part in ({**whole, "$defs": {}}, *whole.get("$defs", {}).values()):
        check(json.dumps(part))
    return Draft202012Validator(whole, format_checker=FormatChecker())


@cache
def check(written: str) -> None:
    """That it is a schema; many events have the same parts."""
    Draft202012Validator.check_schema(json.loads(written))


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    return documents()


def test_generated_files_are_what_the_contracts_say(expected: dict[str, str]) -> None:
    assert differences(expected, EVENTS) == []


def test_nothing_breaks_against_the_released_schemas(expected: dict[str, str]) -> None:
    assert incompatibilities(expected, EVENTS) == []


@pytest.mark.parametrize("detail_type", [name for name, _ in TYPES])
def test_sample_satisfies_producer_schema_and_consumer_model(detail_type: str) -> None:
    detail = sample(described(detail_type))
    validator(detail_type).validate(detail)
    event = parse_event(detail_type, detail)
    assert json.loads(json.dumps(event.detail())) == detail


@pytest.mark.parametrize("detail_type", [name for name, _ in TYPES])
def test_no_field_that_may_be_null_is_required(detail_type: str) -> None:
    """An event is published without what is null, so its consumers could not read it otherwise."""
    whole = described(detail_type)
    for name, model in [("detail", whole), *whole.get("$defs", {}).items()]:
        for field in model.get("required", ()):
            kinds = [kind.get("type") for kind in model["properties"][field].get("anyOf", ())]
            assert "null" not in kinds, f"{name}.{field}"


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: str(path.relative_to(SAMPLES)))
def test_event_of_a_real_payload_satisfies_its_schema(path: Path) -> None:
    delivered = Delivered(DELIVERY, path.parent.name, f"github/{DELIVERY}.json", "ab" * 32)
    data = normalize(delivered, payload(path))
    meta = sample(described(data.detail_type))["meta"]
    time = parse_event(data.detail_type, {"meta": meta, "data": data.model_dump(mode="json")}).meta.time
    event = make_event(data, id=f"gh-{DELIVERY}", time=time, producer="intake")
    validator(data.detail_type).validate(json.loads(json.dumps(event.detail())))


@pytest.mark.parametrize(("detail_type", "model"), TYPES)
def test_event_type_is_documented_by_its_name_and_domain(detail_type: str, model: type[Any]) -> None:
    assert detail_type.endswith((".v1", ".v2"))
    assert (ROOT / "docs" / "reference" / "events" / f"{model.domain}.md").is_file()


def released() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"$ref": "#/$defs/Data"}},
        "$defs": {
            "Data": {
                "type": "object",
                "required": ["name", "kind"],
                "properties": {
                    "name": {"type": "string", "maxLength": 10, "pattern": "^a"},
                    "kind": {"type": "string", "enum": ["run", "suite"]},
                    "count": {"type": "integer", "minimum": 0},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                    "flags": {"type": "object", "additionalProperties": {"type": "boolean"}},
                },
            }
        },
    }


CHANGES: list[tuple[str, str, Any, set[str]]] = [
    ("optional field added", "properties.extra", {"type": "string"}, set()),
    ("optional field dropped", "properties.note", None, set()),
    ("field became required", "required", ["name", "kind", "count"], {"backward"}),
    ("field became optional", "required", ["kind"], {"forward"}),
    ("required field dropped", "required", ["kind"], {"forward"}),
    ("type changed", "properties.count", {"type": "string"}, {"backward", "forward"}),
    ("integer widened to number", "properties.count.type", "number", {"forward"}),
    ("value added", "properties.kind.enum", ["run", "suite", "job"], {"forward"}),
    ("value dropped", "properties.kind.enum", ["run"], {"backward"}),
    ("values became a constant", "properties.kind", {"const": "run"}, {"backward"}),
    ("values freed", "properties.kind", {"type": "string"}, {"forward"}),
    ("text may be longer", "properties.name.maxLength", 20, {"forward"}),
    ("text must be shorter", "properties.name.maxLength", 5, {"backward"}),
    ("pattern changed", "properties.name.pattern", "^b", {"backward", "forward"}),
    ("pattern dropped", "properties.name.pattern", None, {"forward"}),
    ("minimum raised", "properties.count.minimum", 1, {"backward"}),
    ("null no longer allowed", "properties.note", {"type": "string"}, {"backward"}),
    ("null newly allowed", "properties.name", {"anyOf": [{"type": "string", "maxLength": 10, "pattern": "^a"},
                                                         {"type": "null"}]}, {"forward"}),
    ("items changed", "properties.tags.items.type", "integer", {"backward", "forward"}),
    ("more items", "properties.tags.maxItems", 4, {"forward"}),
    ("map values changed", "properties.flags.additionalProperties.type", "string", {"backward", "forward"}),
    ("closed to unknown fields", "additionalProperties", False, set()),
    ("description added", "description", "words", set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "path", "value", "directions"), CHANGES, ids=[change for change, *_ in CHANGES]
)
def test_break_is_found_in_its_direction(change: str, path: str, value: Any, directions: set[str]) -> None:
    current = copy.deepcopy(released())
    node = current["$defs"]["Data"]
    *way, last = path.split(".")
    for name in way:
        node = node[name]
    if value is None:
        del node[last]
    else:
        node[last] = value
    found = breaks(released(), current)
    assert {each.direction for each in found} == directions, change
    assert all(each.path.startswith("detail.data") and each.reason for each in found)


def test_reason_names_field_and_consequence() -> None:
    current = released()
    current["$defs"]["Data"]["required"].append("count")
    [problem] = breaks(released(), current)
    assert str(problem) == (
        "detail.data.count: is required but may be missing "
        "(backward: events already published would be refused)"
    )


def test_released_version_guards_the_next_change(expected: dict[str, str], tmp_path: Path) -> None:
    write(expected, tmp_path)
    release(expected, tmp_path)
    assert incompatibilities(expected, tmp_path) == []
    changed = dict(expected)
    del changed["platform/ScheduleTicked.v1.json"]
    name = "github/CheckFailed.v1.json"
    document = json.loads(changed[name])
    document["$defs"]["CheckFailed"]["required"].append("branch")
    changed[name] = json.dumps(document)
    problems = incompatibilities(changed, tmp_path)
    assert len(problems) == 2
    assert problems[0].startswith(f"{name}: detail.data.branch: is required but may be missing")
    assert problems[1].startswith("platform/ScheduleTicked.v1.json: released, but no longer declared")


def test_stale_and_hand_edited_files_are_found(expected: dict[str, str], tmp_path: Path) -> None:
    write(expected, tmp_path)
    (tmp_path / "github" / "CheckGone.v1.json").write_text("{}")
    (tmp_path / "github" / "CheckFailed.v1.json").write_text("{}")
    assert differences(expected, tmp_path) == ["github/CheckFailed.v1.json", "github/CheckGone.v1.json"]
    write(expected, tmp_path)
    assert differences(expected, tmp_path) == []
