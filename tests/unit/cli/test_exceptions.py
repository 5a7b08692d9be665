"""`writ exceptions`, over a checkout's file."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from tests.support.commands import shown
from writ.gates.exceptions import FILE

ADD = ("--rule", "licences/unknown", "--owner", "platform", "--reason", "a lawyer: has 'looked'")
UNTIL = ("--until", "2999-01-31T18:00:00Z")


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["exceptions", *words, "--repo", str(folder)], env={"COLUMNS": "200"})


def test_exceptions_are_added_listed_shown_and_removed(tmp_path: Path) -> None:
    where = ("--component", "pkg:npm/a", "--versions", "vers:npm/>=1.0|<2.0", "--path", "app/*")
    assert run(tmp_path, "add", "first", *ADD, *UNTIL, *where).exit_code == 0
    assert run(tmp_path, "add", "second", *ADD, *UNTIL).exit_code == 0
    items = shown(run(tmp_path, "list", "--json"))["items"]
    assert [(item["id"], item["state"]) for item in items] == [("first", "in force"), ("second", "in force")]
    assert "path app/*, component pkg:npm/a, versions vers:npm/>=1.0|<2.0" in run(tmp_path, "list").output
    assert shown(run(tmp_path, "show", "first", "--json"))["reason"] == "a lawyer: has 'looked'"
    assert run(tmp_path, "remove", "first").exit_code == 0
    assert run(tmp_path, "remove", "second").exit_code == 0
    assert (tmp_path / FILE).read_text() == "exceptions: []\n"
    assert run(tmp_path, "add", "third", *ADD, *UNTIL).exit_code == 0
    assert [item["id"] for item in shown(run(tmp_path, "list", "--json"))["items"]] == ["third"]


def test_what_people_wrote_around_an_exception_stays(tmp_path: Path) -> None:
    run(tmp_path, "add", "first", *ADD, *UNTIL)
    file = tmp_path / FILE
    file.write_text("# Ask the lawyers first.\n" + file.read_text().replace("rule:", "rule:  "))
    before = file.read_text()
    run(tmp_path, "add", "second", *ADD, *UNTIL)
    assert file.read_text().startswith(before)
    run(tmp_path, "remove", "second")
    assert file.read_text() == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "Bad Id", *ADD, *UNTIL), 2),
        (("add", "x", *ADD, "--until", "yesterday"), 2),
        (("add", "x", *ADD, "--until", "2020-01-01T00:00:00Z"), 2),
        (("add", "x", *ADD, *UNTIL, "--versions", "1.0"), 2),
        (("add", "x", *ADD, *UNTIL, "--path", "[a]"), 2),
        (("show", "x"), 2),
        (("remove", "x"), 2),
        (("remove", "x", "--api"), 2),
    ],
)
def test_what_makes_no_sense_changes_nothing(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    assert run(tmp_path, *words).exit_code == code
    assert not (tmp_path / FILE).exists()


def test_id_that_is_taken_is_refused(tmp_path: Path) -> None:
    run(tmp_path, "add", "first", *ADD, *UNTIL)
    before = (tmp_path / FILE).read_text()
    assert run(tmp_path, "add", "first", *ADD, *UNTIL).exit_code == 2
    assert (tmp_path / FILE).read_text() == before


@pytest.mark.parametrize("text", ["exceptions: {", "exceptions:\n- {id: x}\n", "nothing: 1\n"])
def test_file_that_cannot_be_read_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text(text)
    assert run(tmp_path, "add", "first", *ADD, *UNTIL).exit_code == 1
    assert run(tmp_path, "list").exit_code == 1
    assert (tmp_path / FILE).read_text() == text
