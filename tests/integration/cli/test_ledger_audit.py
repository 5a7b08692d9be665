"""`writ ledger audit` and the checkpoints that `verify` remembers, as a person uses them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.ledger import commands as ledger_commands
from cli.ledger.audit import cores, state_of
from cli.plane import ROOT, Plane
from tests.bench.large_log import write_log
from tests.support.log_forge import Forge
from writ.ledger.logcopy import LogCopy
from writ.ledger.memory import Memory
from writ.ledger.packed import encode_pack

SIZE = 600


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    write_log(folder, SIZE)
    return folder


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "seen.json"


def ledger(seen: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *words], env={"COLUMNS": "200", "WRIT_SEEN": str(seen)})


def document(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_audit_reports_the_same_whatever_number_of_processes(pristine: Path, seen: Path, jobs: str) -> None:
    state = seen.parent / "audit.db"
    result = ledger(seen, "audit", str(pristine), "--jobs", jobs, "--json", "--state", str(state))
    assert result.exit_code == 0
    found = document(result)
    assert (found["ok"], found["size"], found["signatures"]) == (True, SIZE, "verified")
    assert found["statements"] + found["erased"] == SIZE
    assert found["certificates"]["unused"] == 0
    assert found == document(ledger(seen, "verify", str(pristine), "--json"))
    assert not state.exists()


def test_certificates_of_what_was_erased_are_not_told_as_unused(pristine: Path, seen: Path) -> None:
    shown = ledger(seen, "verify", str(pristine)).stdout
    assert "erased, as later statements say" in shown
    assert "issued, by what can still be read" in shown


def test_audit_without_signatures_says_so(pristine: Path, seen: Path) -> None:
    words = ("audit", str(pristine), "--jobs", "1", "--no-signatures")
    assert document(ledger(seen, *words, "--json"))["signatures"] == "not verified"
    assert "NO SIGNATURES" in ledger(seen, *words).stdout


def test_audit_names_what_is_wrong(pristine: Path, seen: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(pristine, tmp_path / "copy")
    (copy / "envelopes/000").write_bytes(encode_pack([b"{}"] * 256))
    result = ledger(seen, "audit", str(copy), "--jobs", "2")
    assert result.exit_code == 1
    assert "statement.altered" in result.stdout


def test_audit_of_something_else_is_bad_usage(tmp_path: Path, seen: Path) -> None:
    assert ledger(seen, "audit", str(tmp_path)).exit_code == 2
    assert ledger(seen, "audit", str(tmp_path), "--jobs", "0").exit_code == 2


def test_state_is_begun_anew_when_it_is_asked_for(pristine: Path, seen: Path, tmp_path: Path) -> None:
    state = tmp_path / "audit.db"
    state.write_bytes(b"left over")
    words = ("audit", str(pristine), "--jobs", "1", "--state", str(state), "--fresh")
    assert ledger(seen, *words).exit_code == 0


def test_each_copy_has_a_state_of_its_own(tmp_path: Path) -> None:
    assert state_of(LogCopy(tmp_path / "a")) != state_of(LogCopy(tmp_path / "b"))
    assert state_of(LogCopy(tmp_path / "a")) == state_of(LogCopy(tmp_path / "a"))
    assert cores() >= 1


def test_workers_end_with_an_audit_that_is_killed(tmp_path: Path, seen: Path) -> None:
    """They hold its output open while they live, so that reading it to the end waits for them."""
    log = tmp_path / "log"
    write_log(log, 5_000)
    command = [sys.executable, "-m", "cli", "ledger", "audit", str(log), "--jobs", "2"]
    command += ["--state", str(tmp_path / "audit.db"), "--seen", str(seen)]
    reading, writing = os.pipe()
    with subprocess.Popen(command, stdout=writing, stderr=writing, cwd=ROOT) as audit:
        os.close(writing)
        with os.fdopen(reading) as said:
            while "auditing" not in said.readline():
                assert audit.poll() is None
            audit.kill()
            said.read()
    assert audit.returncode == -signal.SIGKILL
    assert (
        ledger(seen, "audit", str(log), "--jobs", "1", "--state", str(tmp_path / "audit.db")).exit_code == 0
    )


def test_log_that_shrank_since_it_was_verified_is_a_problem(tmp_path: Path, seen: Path) -> None:
    forge = Forge()
    entries = forge.actions(4)
    whole, cut = (
        forge.write_copy(tmp_path / "whole", entries),
        forge.write_copy(tmp_path / "cut", entries[:6]),
    )
    assert ledger(seen, "verify", str(cut)).exit_code == 0
    assert ledger(seen, "verify", str(whole)).exit_code == 0
    for command in ("verify", "audit"):
        result = ledger(seen, command, str(cut))
        assert result.exit_code == 1
        assert "checkpoint.behind" in result.stdout
    head = Memory.decode(seen.read_bytes()).head(forge.trust)
    assert head is not None
    assert head.size == 8
    assert ledger(tmp_path / "another.json", "verify", str(cut)).exit_code == 0


def test_log_that_was_rewritten_is_not_remembered(tmp_path: Path, seen: Path) -> None:
    forge = Forge()
    entries = forge.actions(4)
    first = forge.write_copy(tmp_path / "first", entries[:6])
    other = forge.write_copy(tmp_path / "other", [*entries[2:], *entries[:2]])
    assert ledger(seen, "verify", str(first)).exit_code == 0
    before = seen.read_bytes()
    result = ledger(seen, "verify", str(other), "--json")
    assert [finding["code"] for finding in document(result)["findings"]] == ["checkpoint.inconsistent"]
    assert seen.read_bytes() == before


def test_memory_that_does_not_read_is_named_and_left_alone(pristine: Path, seen: Path) -> None:
    seen.parent.mkdir()
    seen.write_text("nonsense")
    result = ledger(seen, "verify", str(pristine), "--json")
    assert result.exit_code == 1
    assert document(result)["error"]["field"] == "--seen"
    assert seen.read_text() == "nonsense"


def test_live_log_that_stands_still_is_refused_and_an_old_copy_is_not(
    tmp_path: Path, seen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = Forge()
    folder = forge.write_copy(tmp_path / "log", forge.actions(1))
    note = (folder / "checkpoint").read_bytes()
    long_ago = datetime.now(UTC) - timedelta(minutes=20)
    seen.parent.mkdir()
    seen.write_bytes(Memory().with_head(note, forge.trust, long_ago).encode())
    assert ledger(seen, "verify", str(folder)).exit_code == 0
    monkeypatch.setattr(Plane, "load", lambda: None)
    monkeypatch.setattr(ledger_commands, "_newest", lambda _bars: LogCopy(folder))
    result = ledger(seen, "verify")
    assert result.exit_code == 1
    assert "checkpoint.stale" in result.stdout
    (folder / "checkpoint").write_bytes(forge.note(2, head_root(note)))
    assert ledger(seen, "verify").exit_code == 0


def head_root(note: bytes) -> bytes:
    from base64 import b64decode

    return b64decode(note.split(b"\n")[2])
