"""The catalogue: every mistake is one error that names the field; uses are found by reading the code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from functions.flags import catalog
from stacks import flag_catalogue
from stacks.manifest import load_folders
from writ.contracts.errors import ContractError

GOOD = {
    "summary": "What having it means",
    "owner": "platform",
    "kind": "release",
    "default": False,
    "added": "2026-01-01",
    "expires": "2026-03-01",
}


def written(folder: Path, fields: object) -> Path:
    path = folder / "catalogue.yaml"
    path.write_text(yaml.safe_dump({"flags": {"new-search": fields}}))
    return path


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"owner": None}, "flags.new-search.owner"),
        ({"kind": "forever"}, "flags.new-search.kind"),
        ({"default": "yes"}, "flags.new-search.default"),
        ({"added": "some day"}, "flags.new-search.added"),
        ({"expires": None}, "flags.new-search"),
        ({"expires": "2025-01-01"}, "flags.new-search"),
        ({"expires": "2027-01-01"}, "flags.new-search"),
        ({"default": True}, "flags.new-search"),
        ({"rollout": {"percent": 101}}, "flags.new-search.rollout.percent"),
        ({"rollout": {"percent": 10, "on_for": ["a b"]}}, "flags.new-search.rollout.on_for.0"),
        ({"tenants": ""}, "flags.new-search.tenants"),
        ({"color": "red"}, "flags.new-search.color"),
        ({"name": "other"}, "flags.new-search"),
    ],
)
def test_a_mistake_is_one_error_that_names_its_field(
    tmp_path: Path, change: dict[str, object], field: str
) -> None:
    with pytest.raises(ContractError) as refused:
        flag_catalogue.load(written(tmp_path, {**GOOD, **change}))
    assert (refused.value.code, refused.value.field) == ("flags.invalid", field)
    assert refused.value.message.startswith("functions/flags/catalogue.yaml: ")


@pytest.mark.parametrize("text", ["flags: [", "[]", "flags: 7", "other: {}"])
def test_what_is_no_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "catalogue.yaml").write_text(text)
    with pytest.raises(ContractError) as refused:
        flag_catalogue.load(tmp_path / "catalogue.yaml")
    assert refused.value.code == "flags.invalid"


def test_the_catalogue_of_this_repository_agrees_with_its_code() -> None:
    flags, uses = flag_catalogue.load(), flag_catalogue.uses()
    flag_catalogue.check(flags, uses)
    assert {use.flag for use in uses} == set(flags)
    assert [name for name, flag in flags.items() if flag.tenants is None] == []


def test_what_is_staged_is_what_the_bot_reads(tmp_path: Path) -> None:
    flags, uses, folders = flag_catalogue.load(), flag_catalogue.uses(), load_folders()
    path = tmp_path / "catalogue.json"
    path.write_bytes(flag_catalogue.staged(folders, flags, uses))
    read = catalog.load(path)
    assert read.flags == flags
    assert read.uses["graph-queries"][0].startswith("functions/evidence/api.py:")
    assert "platform" in read.teams


def test_first_configurations_satisfy_the_validator_and_a_feature_without_default_does_not() -> None:
    schema = json.loads(flag_catalogue.SCHEMA)
    for text in (flag_catalogue.declared(flag_catalogue.load()), flag_catalogue.unset()):
        jsonschema.Draft4Validator(schema).validate(json.loads(text))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(schema).validate({"features": {"search": {"rules": {}}}})


def code(folder: Path, text: str) -> list[flag_catalogue.Use]:
    (folder / "shop").mkdir(exist_ok=True)
    (folder / "shop" / "api.py").write_text(text)
    return flag_catalogue.uses(folder, ["shop"])


def test_a_use_is_found_with_its_line_and_default(tmp_path: Path) -> None:
    found = code(tmp_path, 'x = 1\nif ports.flags.enabled("new-search", t, default=False):\n    pass\n')
    assert found == [flag_catalogue.Use("new-search", "shop/api.py:2", default=False)]


def test_a_name_that_is_no_literal_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"shop/api\.py:1"):
        code(tmp_path, "flags.enabled(which, t, default=False)\n")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('flags.enabled("nothing", t, default=False)\n', "flags.unknown"),
        ('flags.enabled("new-search", t, default=True)\n', "flags.default"),
    ],
)
def test_code_that_asks_otherwise_than_declared_is_refused(tmp_path: Path, text: str, error: str) -> None:
    flags = flag_catalogue.load(written(tmp_path, GOOD))
    with pytest.raises(ContractError) as refused:
        flag_catalogue.check(flags, code(tmp_path, text))
    assert refused.value.code == error
