"""`writ bumps`: what a checkout would be bumped to, and what the plane shows."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli import indexes
from cli.app import app
from functions.dependencies import api
from functions.dependencies.model import HeldBack, Line, Overview
from functions.dependencies.ports import Ports
from tests.integration.dependencies.test_table import BUMP, MEMBER, NOW
from tests.support.bumps import MemoryBumps
from tests.support.commands import commanding, shown
from tests.support.memory import ManualClock
from tests.support.registries import MemoryRegistry

_LONG_AGO = (datetime.now(UTC) - timedelta(days=100)).isoformat()
_YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).isoformat()


def _file(version: str, uploaded: str) -> dict[str, Any]:
    return {
        "filename": f"idna-{version}.tar.gz",
        "url": f"idna-{version}.tar.gz",
        "hashes": {"sha256": version.encode().hex().ljust(64, "0")},
        "upload-time": uploaded,
    }


PAGE = {"files": [_file("3.6", _LONG_AGO), _file("3.7", _LONG_AGO), _file("3.8", _YESTERDAY)]}


class _Index(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = json.dumps(PAGE).encode()
        self.send_response(200 if self.path == "/simple/idna/" else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def index() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Index)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/simple"
    server.shutdown()
    server.server_close()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "160"})


def test_a_checkout_is_told_what_it_may_be_bumped_to(tmp_path: Path, index: str) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"idna==3.6  # ours\r\nours==1\r\n")
    document = json.loads(run("bumps", "plan", str(tmp_path), "--pypi", index, "--json").stdout)
    (group,) = document["groups"]
    assert [(step["package"], step["to"]) for step in group["steps"]] == [("pypi/idna", "3.7")]
    assert [(each["package"], each["code"]) for each in document["held"]] == [
        ("pypi/idna", "cooldown"),
        ("pypi/ours", "registry-not-found"),
    ]
    text = run("bumps", "plan", str(tmp_path), "--pypi", index).stdout
    assert "pypi-minor" in text
    assert "waits until" in text


def test_a_group_is_written_into_the_checkout(tmp_path: Path, index: str) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"idna==3.6  # ours\r\n")
    done = run("bumps", "plan", str(tmp_path), "--pypi", index, "--write", "pypi-minor")
    assert done.exit_code == 0
    assert (tmp_path / "requirements.txt").read_bytes() == b"idna==3.7  # ours\r\n"
    again = run("bumps", "plan", str(tmp_path), "--pypi", index, "--write", "other")
    assert (again.exit_code, "there is no group other" in again.output) == (2, True)


def test_an_index_is_never_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "_told", lambda _command: "")
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    (tmp_path / "requirements.txt").write_text("idna==3.6\n")
    document = json.loads(run("bumps", "plan", str(tmp_path), "--json").stdout)
    assert [(each["code"], each["reason"]) for each in document["held"]] == [
        ("registry-unset", "no index is configured for pypi")
    ]
    wrong = run("bumps", "plan", str(tmp_path), "--pypi", "http://elsewhere.example/simple")
    assert wrong.exit_code == 2
    assert "--pypi" in wrong.output


def test_the_index_is_the_one_that_pip_would_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by its environment, else by its configuration, else its own: as the pip that is here tells it."""
    configuration = tmp_path / "pip.conf"
    configuration.write_text("")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("PIP_INDEX_URL", "https://env.example/simple")
    assert indexes._pip() == "https://env.example/simple"
    monkeypatch.delenv("PIP_INDEX_URL")
    own = indexes._pip() or ""
    assert (own.partition("//")[0], own.partition("/simple")[2]) == ("https:", "")
    configuration.write_text("[global]\nindex-url = https://here.example/simple\n")
    assert indexes._pip() == "https://here.example/simple"


@pytest.mark.parametrize(
    "said", ["", "--index-url <url> Base URL of an index.", "(default https://a.example)"]
)
def test_help_that_names_no_index_names_none(said: str) -> None:
    assert indexes._default_of(said) is None


def test_settings_that_are_wrong_are_named(tmp_path: Path, index: str) -> None:
    (tmp_path / ".gates").mkdir()
    (tmp_path / ".gates/dependencies.yaml").write_text("cooldown_days: soon\n")
    done = run("bumps", "plan", str(tmp_path), "--pypi", index)
    assert done.exit_code != 0
    assert "cooldown_days" in done.output


def test_the_plane_shows_what_it_proposes_and_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bumps = MemoryBumps({"pypi-minor": BUMP.model_copy(update={"number": 7, "shown": ()})})
    bumps.hold("acme/shop", HeldBack(key=MEMBER.held_key, step=MEMBER.id, group="pypi-minor", since=NOW))
    line = Line(what="pypi/x 1>2", why="it was published 2026-03-01", code="cooldown")
    bumps.show(Overview(repository="acme/shop", held=(line,)))
    registry = MemoryRegistry()
    ports = Ports(
        repositories=("acme/shop",),
        bumps=bumps,
        forge=None,
        registry=lambda _repository: registry,
        notes=lambda _repository: pytest.fail("asked for notes"),
        clock=ManualClock(),
        floor_hours=lambda: 72,
    )
    monkeypatch.setattr(api, "_ports", lambda: ports)
    command = commanding(monkeypatch, tmp_path, api.api)
    (item,) = shown(command("bumps", "list", "--json"))["items"]
    assert (item["group"], item["pull_request"], item["steps"]) == ("pypi-minor", 7, ["pypi/idna 3.6>3.7"])
    assert "tries 0 of 1" in command("bumps", "list").output
    text = command("bumps", "show", "acme/shop").output
    assert "made checks fail" in text
    assert "it was published 2026-03-01" in text
    missing = command("bumps", "show", "acme/other")
    assert missing.exit_code != 0
    assert "not switched on" in missing.output
