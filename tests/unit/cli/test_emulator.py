"""The embedded emulator: what it says when it cannot start, and what it never mistakes for its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from cli.local import emulator as module
from cli.local.emulator import HOST, Emulator, Process, credentials
from cli.output import CommandError


@pytest.fixture
def emulator(tmp_path: Path) -> Emulator:
    return Emulator(tmp_path / "emulator")


def test_a_busy_port_says_what_to_do(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_is_free", lambda _: False)
    with pytest.raises(CommandError) as raised:
        emulator.start(4566)
    assert raised.value.message == "port 4566 is taken"
    assert raised.value.code == "emulator.port_taken"
    assert "free port" in str(raised.value.hint)


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"pid": 1}', '{"pid": 1, "port": 2, "x": 3}'])
def test_a_record_that_does_not_read_means_nothing_runs(emulator: Emulator, text: str | None) -> None:
    emulator.folder.mkdir(parents=True)
    if text is not None:
        (emulator.folder / "process.json").write_text(text)
    assert emulator.running() is None
    assert emulator.stop() is False


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen([sys.executable, "-c", "input()  # ministack"], stdin=subprocess.PIPE)
    yield running
    running.kill()
    running.communicate()


def recorded(emulator: Emulator, process: Process) -> None:
    emulator.data.mkdir(parents=True)
    (emulator.folder / "process.json").write_text(json.dumps(asdict(process)))


def test_a_process_that_got_the_number_of_a_dead_one_is_left_alone(
    emulator: Emulator, process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(emulator, Process(process.pid, 1, "at another time"))
    monkeypatch.setattr(Process, "answers", lambda _: True)  # another checkout's may have its port too
    assert emulator.running() is None
    assert emulator.stop() is False
    assert process.poll() is None


def test_a_process_is_known_by_its_number_and_its_beginning(
    emulator: Emulator, process: subprocess.Popen[bytes]
) -> None:
    recorded(emulator, Process(process.pid, 1, module._born(process.pid)))
    assert emulator.stop() is True
    assert emulator.stop() is False
    assert module._born(process.pid) == ""


def test_state_of_a_killed_emulator_is_not_taken_for_whole(emulator: Emulator) -> None:
    (emulator.data / "state").mkdir(parents=True)
    assert emulator.has_state() is False
    (emulator.data / "saved").touch()
    assert emulator.has_state() is True
    emulator.wipe()
    assert emulator.has_state() is False


def test_functions_inherit_nothing_of_ours(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a real one")
    monkeypatch.setenv("WRIT_TOKEN", "mine")
    environment = emulator._environment(4566)
    assert environment["AUTH"] == "true"
    assert environment["BIND_HOST"] == HOST
    ours = {name: value for name, value in environment.items() if name.startswith(("AWS_", "WRIT_"))}
    assert ours == {"WRIT_TRACES": emulator.traces.as_uri()}  # but where they write their spans


def test_clients_are_pointed_at_the_endpoint_and_away_from_real_credentials() -> None:
    found = credentials("http://127.0.0.1:1")
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert found["AWS_ACCESS_KEY_ID"] == found["AWS_SECRET_ACCESS_KEY"] == "test"
    assert found["AWS_EC2_METADATA_DISABLED"] == "true"


def test_streams_are_read_from_their_beginning_after_a_start(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    emulator._rewind_streams()  # nothing is saved before the first stop
    saved = tmp_path / "data" / "state" / "lambda.json"
    saved.parent.mkdir(parents=True)
    other = {"functions": {"a": 1}, "dynamodb_stream_positions": {"scoped": True, "data": {"one": 12}}}
    saved.write_text(json.dumps({"payload": other}), encoding="utf-8")
    emulator._rewind_streams()
    kept = json.loads(saved.read_text(encoding="utf-8"))["payload"]
    assert kept["dynamodb_stream_positions"] == {"scoped": True, "data": {"one": 0}}
    assert kept["functions"] == {"a": 1}
