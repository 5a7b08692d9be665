"""Bundles from the command line: got by the API, verified without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from functions.evidence.api import api
from tests.support.commands import Command, commanding
from tests.support.log_forge import ISSUER, NOW, Forge
from tests.unit.evidence.conftest import Log, log

__all__ = ["log"]


@pytest.fixture
def command(log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    return commanding(monkeypatch, tmp_path, api)


@pytest.fixture
def files(log: Log, command: Command, tmp_path: Path) -> tuple[Path, Path]:
    """A bundle and a trust root, as the commands write them."""
    bundle, trust = tmp_path / "b.json", tmp_path / "trust.json"
    name = log.append(0)
    assert command("ledger", "bundle", name, "-o", str(bundle)).exit_code == 0
    assert command("ledger", "trust", "-o", str(trust)).exit_code == 0
    return bundle, trust


def verify(*words: object) -> Result:
    return CliRunner().invoke(app, ["ledger", "verify", *map(str, words)], env={"COLUMNS": "200"})


def problem(result: Result) -> dict[str, str]:
    found: dict[str, str] = json.loads(result.stdout)["error"]
    return found


def test_bundle_is_got_and_verified(files: tuple[Path, Path]) -> None:
    bundle, trust = files
    result = verify(bundle, "--trust", trust, "--bot", "backlog")
    assert result.exit_code == 0
    assert "verified offline" in result.stdout
    assert "leaf 0 of 1" in result.stdout


def test_document_says_who_what_where_and_when(files: tuple[Path, Path]) -> None:
    bundle, trust = files
    asked = ("--bot", "backlog", "--issuer", ISSUER, "--not-before", NOW.isoformat(), "--json")
    document = json.loads(verify(bundle, "--trust", trust, *asked).stdout)
    assert document["ok"] is True
    assert document["identity"] == "https://writ.example/bots/backlog"
    assert document["entry"].endswith(".intent")
    assert (document["index"], document["size"], document["origin"]) == (0, 1, "log.writ.example")
    assert document["integrated_at"] == "2026-03-01T12:00:00.000Z"


def test_log_s_own_trust_root_file_will_do_as_well(files: tuple[Path, Path], log: Log) -> None:
    bundle, trust = files
    trust.write_bytes(log.forge.trust.encode())
    assert verify(bundle, "--trust", trust, "--bot", "backlog").exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        (("--bot", "registry"), "ledger.identity", "bot"),
        (("--bot", "back"), "ledger.identity", "bot"),
        (("--bot", "backlog", "--issuer", "https://elsewhere.example"), "ledger.identity", "issuer"),
        (("--bot", "backlog", "--not-before", "2026-03-02T00:00:00Z"), "ledger.time", "not_before"),
    ],
)
def test_genuine_bundle_that_is_not_what_is_asked_for_is_a_problem(
    files: tuple[Path, Path], words: tuple[str, ...], code: str, field: str
) -> None:
    result = verify(files[0], "--trust", files[1], *words, "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert (document["ok"], document["faults"]) == (False, 1)
    assert (document["findings"][0]["code"], document["findings"][0]["field"]) == (code, field)


def test_edited_bundle_is_a_problem_that_is_named(files: tuple[Path, Path]) -> None:
    bundle, trust = files
    document = json.loads(bundle.read_text())
    document["dsseEnvelope"]["payload"] = document["dsseEnvelope"]["payload"][::-1]
    bundle.write_text(json.dumps(document))
    result = verify(bundle, "--trust", trust, "--bot", "backlog")
    assert result.exit_code == 1
    assert "✘" in result.stdout
    assert "ledger." in result.stdout


def test_strangers_trust_root_proves_nothing(files: tuple[Path, Path]) -> None:
    bundle, trust = files
    trust.write_bytes(Forge().trust.encode())
    assert verify(bundle, "--trust", trust, "--bot", "backlog").exit_code == 1
    trust.write_text("nonsense")
    result = verify(bundle, "--trust", trust, "--bot", "backlog", "--json")
    assert (result.exit_code, problem(result)["code"]) == (1, "ledger.trust_root")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--bot", "backlog"), "--trust"),
        (("--trust", "nowhere.json", "--bot", "backlog"), "--trust"),
        (("--trust", "TRUST"), "--bot"),
        (("--trust", "TRUST", "--bot", "backlog", "--not-before", "yesterday"), "--not-before"),
        (("--trust", "TRUST", "--bot", "backlog", "--not-before", "2026-01-01T00:00:00"), "--not-before"),
    ],
)
def test_what_is_missing_on_the_command_line_is_named(
    files: tuple[Path, Path], words: tuple[str, ...], field: str
) -> None:
    result = verify(files[0], *(word.replace("TRUST", str(files[1])) for word in words), "--json")
    assert (result.exit_code, problem(result)["field"]) == (2, field)


def test_identity_goes_with_a_bundle_only(tmp_path: Path) -> None:
    result = verify(tmp_path, "--bot", "backlog", "--json")
    assert (result.exit_code, problem(result)["field"]) == (2, "--bot")


def test_file_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    result = verify(tmp_path / "b.json", "--json")
    assert (result.exit_code, problem(result)["field"]) == (2, "PATH")


def test_bundle_goes_to_standard_output_where_no_file_is_named(log: Log, command: Command) -> None:
    result = command("ledger", "bundle", log.append(0))
    printed = result.stdout[result.stdout.rindex('{"dsseEnvelope"') :]
    assert json.loads(printed)["mediaType"].endswith("bundle.v0.3+json")


def test_entry_without_a_bundle_is_a_problem_with_its_code(
    log: Log, command: Command, tmp_path: Path
) -> None:
    log.append(0)
    target = tmp_path / "b.json"
    for name, code in (
        (log.append(1, logged=False), "conflict.not_integrated"),
        ("none.such", "not_found"),
    ):
        result = command("ledger", "bundle", name, "-o", str(target), "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout[result.stdout.rindex('{\n  "error"') :])["error"]["code"] == code
    assert not target.exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "é"])
def test_what_is_no_entry_id_is_bad_usage(command: Command, name: str) -> None:
    assert command("ledger", "bundle", name).exit_code == 2


def test_file_that_cannot_be_written_is_bad_usage(log: Log, command: Command, tmp_path: Path) -> None:
    result = command("ledger", "bundle", log.append(0), "-o", str(tmp_path / "no" / "b.json"))
    assert result.exit_code == 2
