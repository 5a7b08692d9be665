"""The version of a client that is built for a release, in a checkout with the release before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dulwich import porcelain
from typer.testing import CliRunner

from cli.app import app
from cli.sdk.release import version_of
from tests.support.openapi import TODAY, answers
from writ.contracts.errors import WritError

STRING: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}}
MORE = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
NUMBER = {"type": "object", "properties": {"name": {"type": "integer"}}}


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A document in a checkout that has a tag for its first state, whose own version nobody kept."""
    folder = tmp_path_factory.mktemp("shop")
    porcelain.init(str(folder)).close()
    place = folder / "api" / "openapi.json"
    place.parent.mkdir()
    place.write_text(json.dumps({**answers(STRING), "info": {"title": "Things", "version": "0.0.1"}}))
    porcelain.add(str(folder), [str(place)])
    porcelain.commit(str(folder), b"feat: x", author=b"a <a@b>", committer=b"a <a@b>")
    porcelain.tag_create(str(folder), b"v1.2.0")
    return place


def building(version: str, previous: str = "v1.2.0") -> dict[str, str]:
    return {"WRIT_VERSION": version, "WRIT_PREVIOUS": previous}


def test_outside_a_release_there_is_none(spec: Path) -> None:
    assert version_of(answers(STRING), spec, {}, TODAY) is None


def test_the_first_release_has_nothing_to_compare(spec: Path) -> None:
    assert version_of(answers(NUMBER), spec, {"WRIT_VERSION": "1.0.0"}, TODAY) == "1.0.0"


@pytest.mark.parametrize(
    ("schema", "version"), [(STRING, "1.2.1"), (MORE, "1.3.0"), (NUMBER, "2.0.0"), (NUMBER, "2.0.0-rc.1")]
)
def test_a_release_that_is_enough_names_the_client(spec: Path, schema: Any, version: str) -> None:
    assert version_of(answers(schema), spec, building(version), TODAY) == version


@pytest.mark.parametrize(
    ("schema", "version", "wanted"), [(MORE, "1.2.1", "1.3.0"), (NUMBER, "1.3.0", "2.0.0")]
)
def test_a_release_that_is_less_than_the_changes_ask_for_is_refused(
    spec: Path, schema: Any, version: str, wanted: str
) -> None:
    with pytest.raises(
        WritError, match=f"since 1.2.0 asks for {wanted}, and the release is {version}"
    ) as refused:
        version_of(answers(schema), spec, building(version), TODAY)
    assert (refused.value.code, refused.value.field) == ("sdk.version", "WRIT_VERSION")


def test_a_checkout_without_the_release_before_is_refused(spec: Path) -> None:
    with pytest.raises(WritError, match=r"no tag v1\.1\.0") as refused:
        version_of(answers(STRING), spec, building("1.3.0", "v1.1.0"), TODAY)
    assert refused.value.code == "sdk.checkout"


def test_a_document_that_was_not_there_before_is_a_first_one(spec: Path) -> None:
    other = spec.with_name("other.json")
    assert version_of(answers(NUMBER), other, building("1.2.1"), TODAY) == "1.2.1"


def test_a_document_of_ones_own_choice_is_not_compared_in_a_release(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRIT_VERSION", "1.3.0")
    told = CliRunner().invoke(app, ["sdk", "build", "--spec", str(spec), "--since", str(spec), "--json"])
    assert told.exit_code == 2
    assert json.loads(told.stdout)["error"]["field"] == "--since"
