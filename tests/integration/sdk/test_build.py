"""`writ sdk build` on a small document: what is built, that it is the same again, and what is refused."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cli.output import CommandError
from cli.sdk import build as sdk_build
from cli.sdk.build import Plan
from cli.sdk.tools import Tools

EPOCH = 1_790_000_000
NAME = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
PET: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
}


def pets(**schema: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}
    answer = {"200": {"description": "Done", "content": content}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1.0.0"},
        "security": [{"key": []}],
        "paths": {
            "/pets": {
                "post": {
                    "operationId": "add_pet",
                    "tags": ["pets"],
                    "requestBody": {"required": True, "content": content},
                    "responses": answer,
                }
            },
            "/pets/{name}": {
                "get": {
                    "operationId": "show_pet",
                    "tags": ["pets"],
                    "parameters": [NAME],
                    "responses": answer,
                }
            },
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Pet": {**PET, **schema}},
        },
    }


@pytest.fixture(scope="module")
def tools() -> Tools:
    return Tools.installed()


def test_the_same_document_gives_the_same_bytes(tools: Tools, tmp_path: Path) -> None:
    plan = Plan.of(pets(), "1.2.0")

    first, second = (sdk_build.build(plan, tmp_path / name, tools, EPOCH) for name in ("one", "two"))

    assert first.files == second.files
    assert set(first.files) == {
        "openapi.json",
        "pets_client-1.2.0-py3-none-any.whl",
        "pets_client-1.2.0.tar.gz",
    }
    assert first.tested == 3
    sums = (tmp_path / "one" / "SHA256SUMS").read_text().splitlines()
    assert sums == [f"{digest}  {name}" for name, digest in first.files.items()]
    for name, digest in first.files.items():
        assert hashlib.sha256((tmp_path / "one" / name).read_bytes()).hexdigest() == digest
    with zipfile.ZipFile(tmp_path / "one" / "pets_client-1.2.0-py3-none-any.whl") as wheel:
        assert "pets_client/py.typed" in wheel.namelist()
    assert json.loads((tmp_path / "one" / "openapi.json").read_text())["info"]["version"] == "1.2.0"


def test_a_document_that_the_mock_cannot_read_leaves_nothing(tools: Tools, tmp_path: Path) -> None:
    wrong = pets(properties={"name": {"type": "string", "default": 1}})

    with pytest.raises(CommandError) as failed:
        sdk_build.build(Plan.of(wrong, "1.0.0"), tmp_path / "out", tools, EPOCH)

    assert failed.value.code == "sdk.failed"
    assert not (tmp_path / "out").exists()
