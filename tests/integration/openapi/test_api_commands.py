"""`writ api` on files: what it prints, how it exits, and how JSON and YAML are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from tests.support.openapi import answers, sends, spec
from writ.openapi.rules import RULES

STRING = {"type": "string"}
NULLABLE = {"type": ["string", "null"]}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compared(old: Any, new: Any, *words: str, stdin: str | None = None) -> Result:
    for name, value in (("old", old), ("new", new)):
        Path(name).write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return CliRunner().invoke(app, ["api", "diff", "old", "new", *words], input=stdin)


def test_a_document_against_itself_is_no_change_and_ends_well() -> None:
    result = compared(answers(STRING), answers(STRING))
    assert (result.exit_code, result.stdout) == (0, "✔ no change that a client could notice\n")


def test_what_breaks_is_shown_under_its_operation_and_ends_with_1() -> None:
    result = compared(answers(STRING), answers(NULLABLE))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "✘ 1 breaking → major"
    assert lines[1].strip() == "info.version is still 1.2.0; by these changes it is 2.0.0"
    assert lines[3] == "POST /things"
    assert lines[5].split() == [
        *("breaking", "response", "200", "application/json", "may", "be", "null", "schema.null-added")
    ]


def test_what_breaks_nothing_ends_well_and_is_shown() -> None:
    result = compared(sends(STRING), sends(NULLABLE))
    assert result.exit_code == 0
    assert result.stdout.startswith("✔ 1 non-breaking → minor")
    assert "schema.null-added" in result.stdout


def test_what_breaks_nothing_is_left_out_where_something_breaks_unless_asked_for() -> None:
    old, new = sends({"properties": {"a": STRING, "b": STRING}}), sends({"properties": {"b": NULLABLE}})
    assert "1 more breaks nothing; --all shows them" in compared(old, new).stdout
    everything = compared(old, new, "--all").stdout
    assert "schema.null-added" in everything
    assert "breaks nothing" not in everything


def test_what_is_unknown_does_not_end_well() -> None:
    document = answers({"$ref": "people.yaml#/Owner"})
    result = compared(document, document)
    assert result.exit_code == 1
    assert "1 unknown → major" in result.stdout


def test_a_change_of_a_shared_schema_is_shown_once_with_the_operations_that_have_it() -> None:
    def shared(schema: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}
        operation = {"responses": {"200": {"content": content}}}
        paths = {"/a": {"get": operation}, "/b": {"get": operation}}
        return {**spec(), "paths": paths, "components": {"schemas": {"S": schema}}}

    result = compared(shared(STRING), shared(NULLABLE))
    assert result.stdout.count("schema.null-added") == 1
    assert "may be null; also in GET /b" in result.stdout
    document = json.loads(compared(shared(STRING), shared(NULLABLE), "--json").stdout)
    assert [(each["operation"], each["schema"]) for each in document["changes"]] == [
        ("GET /a", "S"),
        ("GET /b", "S"),
    ]


def test_json_has_verdict_bump_versions_and_every_change() -> None:
    result = compared(spec({}, version="3.0.3"), spec({}, version="3.1.1"), "--json")
    assert json.loads(result.stdout) == {
        "verdict": "non-breaking",
        "bump": "minor",
        "versions": {"old": "1.2.0", "new": "1.2.0", "next": "1.3.0"},
        "counts": {"breaking": 0, "unknown": 0, "non-breaking": 1},
        "changes": [
            {
                "rule": "document.version-changed",
                "verdict": "non-breaking",
                "direction": "request",
                "operation": None,
                "place": None,
                "schema": None,
                "message": "OpenAPI was 3.0, now 3.1",
            }
        ],
    }


def test_before_1_0_0_what_breaks_raises_the_second_number() -> None:
    early = {"title": "Things", "version": "0.4.1"}
    result = compared(answers(STRING, info=early), answers(NULLABLE, info=early), "--json")
    assert json.loads(result.stdout)["versions"]["next"] == "0.5.0"


def test_a_sunset_is_judged_on_the_day_that_is_given() -> None:
    old = spec({"deprecated": True, "x-sunset": "2026-06-30"})
    assert compared(old, spec(), "--date", "2026-06-29").exit_code == 1
    assert compared(old, spec(), "--date", "2026-06-30").exit_code == 0


YAML = """
openapi: 3.1.0
paths:
  /things:
    get:
      parameters:
        - {in: query, name: country, schema: {enum: [de, no, on]}}
        - {in: query, name: day, schema: {type: string, default: 2026-01-01}}
      responses:
        200: &ok {description: ok}
        201: *ok
"""


def test_yaml_is_read_as_openapi_wants_it_and_not_as_yaml_1_1() -> None:
    same = {
        "openapi": "3.1.0",
        "paths": {
            "/things": {
                "get": {
                    "parameters": [
                        {"in": "query", "name": "country", "schema": {"enum": ["de", "no", "on"]}},
                        {"in": "query", "name": "day", "schema": {"type": "string", "default": "2026-01-01"}},
                    ],
                    "responses": {"200": {"description": "ok"}, "201": {"description": "ok"}},
                }
            }
        },
    }
    assert json.loads(compared(YAML, same, "--json").stdout)["changes"] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"openapi": }', "new: it is not JSON"),
        ("[" * 100_000, "new: it is not JSON: it is nested too deeply"),
        ('{"openapi": NaN}', "new: it is not JSON: NaN is no number"),
        ("a: [", "new: it is neither JSON nor YAML"),
        ("a: !!python/object/apply:os.getcwd []", "new: it is neither JSON nor YAML"),
        ("a: !!binary aGk=", "new: it is neither JSON nor YAML: there is a bytes in it"),
    ],
)
def test_what_is_no_document_is_told_with_its_name_and_place(text: str, message: str) -> None:
    result = compared(spec({}), text, "--json")
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error["field"] == "NEW"
    assert error["message"].startswith(message)


def test_aliases_that_multiply_are_refused_and_not_followed() -> None:
    rows = ["a0: &a0 {x: 1}"]
    rows += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 12)]
    result = compared(spec({}), "\n".join(["openapi: 3.1.0", *rows]))
    assert result.exit_code == 1
    assert "its aliases make too much of it" in " ".join(result.stderr.split())


def test_a_document_is_read_from_stdin_but_not_both() -> None:
    Path("new").write_text(json.dumps(spec({})), encoding="utf-8")
    piped = CliRunner().invoke(app, ["api", "diff", "-", "new"], input=json.dumps(spec({})))
    assert piped.exit_code == 0
    assert CliRunner().invoke(app, ["api", "diff", "-", "-"]).exit_code == 2


def test_a_file_that_is_not_there_is_told() -> None:
    result = CliRunner().invoke(app, ["api", "diff", "nowhere", "nowhere", "--json"])
    assert json.loads(result.stdout)["error"]["field"] == "OLD"


def test_every_rule_is_listed_with_both_verdicts() -> None:
    items = json.loads(CliRunner().invoke(app, ["api", "rules", "--json"]).stdout)["items"]
    assert [each["rule"] for each in items] == list(RULES)
    assert all(each["request"] and each["response"] and each["summary"] for each in items)
