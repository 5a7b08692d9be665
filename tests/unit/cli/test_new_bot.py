"""`writ new-bot`: the folder it writes is a bot at once, and it never writes over anything."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from cli.making.new_bot import write_bot
from cli.output import UsageError
from stacks.manifest import load_folders, read_folder
from writ.contracts.event import parse_event


def test_the_folder_is_a_valid_bot(tmp_path: Path) -> None:
    write_bot("probe", tmp_path)
    folder = read_folder(tmp_path / "functions/probe")
    assert folder.name == "probe"
    assert folder.functions == ("probe",)
    assert folder.has_queue
    assert folder.signs
    assert (tmp_path / folder.manifest.runbook).is_file()
    assert load_folders(tmp_path / "functions") == (folder,)


def test_every_module_is_python_and_names_the_bot(tmp_path: Path) -> None:
    written = write_bot("probe", tmp_path)
    modules = {path.name: path for path in written if path.suffix == ".py"}
    assert modules.keys() >= {"handler.py", "plan.py", "facts.py", "perform.py", "ports.py"}
    for path in modules.values():
        ast.parse(path.read_text(encoding="utf-8"))
    assert '"probe"' in modules["handler.py"].read_text(encoding="utf-8")
    assert not [path for path in written if "$" in path.read_text(encoding="utf-8")]


def test_every_module_imports_what_there_is(tmp_path: Path) -> None:
    written = write_bot("probe", tmp_path)
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in written if path.suffix == ".py"]
    imported = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imported if (node.module or "").startswith("writ.")]
    assert len(ours) > 5
    exec(compile(ast.Module(list(ours), type_ignores=[]), "probe", "exec"), {})


def test_its_cases_are_events_that_hold_their_contract(tmp_path: Path) -> None:
    write_bot("probe", tmp_path)
    cases = sorted((tmp_path / "functions/probe/cases").glob("*.json"))
    assert len(cases) >= 2
    for path in cases:
        event = json.loads(path.read_text(encoding="utf-8"))["event"]
        assert parse_event(event["type"], {"meta": event["meta"], "data": event["data"]})


@pytest.mark.parametrize(
    "name", ["", "Probe", "two-words", "../x", "1probe", "class", "writ", "p", "x" * 25, "próbe", "a b"]
)
def test_a_name_that_cannot_be_a_bots_writes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as refused:
        write_bot(name, tmp_path)
    assert refused.value.field == "NAME"
    assert list(tmp_path.iterdir()) == []


def test_a_bot_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    write_bot("probe", tmp_path)
    manifest = tmp_path / "functions/probe/bot.yaml"
    manifest.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        write_bot("probe", tmp_path)
    assert manifest.read_text(encoding="utf-8") == "mine"


def test_a_runbook_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    runbook = tmp_path / "docs/runbooks/probe.md"
    runbook.parent.mkdir(parents=True)
    runbook.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="runbooks"):
        write_bot("probe", tmp_path)
    assert not (tmp_path / "functions").exists()
