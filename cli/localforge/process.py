"""The process of the local forge: started beside the emulator, known to the plane by a secret."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx

from cli.localforge.server import HOST, PUSH, RELEASE, SEEN, TAKE_IN
from cli.localforge.sign_in import APP, personal_token, private_key
from cli.output import CommandError
from cli.plane import ROOT, STATE

_READY_S: Final = 15.0
_STOP_S: Final = 10.0
_TIMEOUT_S: Final = 10.0
_ANCHORS: Final = "Statuses of this commit hold checkpoints of the log.\n"


@dataclass(frozen=True)
class Pushed:
    """The newest commit of a default branch, and the folder that git clones."""

    commit: str
    folder: Path


@dataclass(frozen=True)
class Running:
    """A forge that was started, and a digest of its code."""

    pid: int
    port: int
    code: str = ""

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"


@dataclass(frozen=True)
class ForgeProcess:
    """The local forge of one checkout; `folder` holds its repositories, its records and its App's key."""

    folder: Path = STATE / "forge"

    def running(self) -> Running | None:
        """The one that was started here and still answers."""
        last = self._last()
        return last if last is not None and _answers(last.address) else None

    def start(self) -> Running:
        """Start it, on the port it had before if that is free, and wait for it. Raises CommandError.

        One that runs is left as it is, unless it was started from other code than is here now.
        """
        if (found := self.running()) is not None:
            if found.code == _code():
                return found
            self.stop()
        self.folder.mkdir(parents=True, exist_ok=True)
        last = self._last()
        port = _free_port(last.port if last else 0)
        with (self.folder / "forge.log").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "cli.localforge", str(self.folder), str(port)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers/core/python'}"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        made = Running(child.pid, port, _code())
        self._record.write_text(json.dumps(asdict(made)), encoding="utf-8")
        deadline = time.monotonic() + _READY_S
        while not _answers(made.address):
            if child.poll() is not None or time.monotonic() > deadline:
                child.terminate()
                raise CommandError(
                    "the local forge did not start",
                    code="forge.failed",
                    hint=f"read {(self.folder / 'forge.log').relative_to(ROOT)}",
                )
            time.sleep(0.03)
        return made

    def stop(self) -> bool:
        """End it; its repositories and records stay. Whether there was one to stop."""
        found = self.running()
        if found is None:
            return False
        os.kill(found.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_S
        while _answers(found.address) and time.monotonic() < deadline:
            time.sleep(0.03)
        return True

    def introduce(self, client: Callable[[str], Any], secret: str) -> None:
        """Tell a plane where the forge is and by what key it is let in, as an operator would."""
        running = self.start()
        credentials = {"app": APP, "private_key": private_key(self.folder), "api": running.address}
        client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(credentials))

    def introduce_anchor(self, client: Callable[[str], Any], secret: str, repository: str) -> None:
        """Have a repository in which a plane may post its log's checkpoints, and tell the plane how."""
        running = self.start()
        self.push(repository, {"README.md": _ANCHORS}, "chore: begin")
        known = {"token": personal_token(self.folder), "api": running.address}
        client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(known))

    def take_in(self, payload: bytes, files: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """Have the pull request of a payload there before a bot asks for it; `files` are what it changes.

        Raises CommandError.
        """
        told = payload if files is None else json.dumps({**json.loads(payload), "files": files}).encode()
        taken: Mapping[str, Any] = self._ask("POST", TAKE_IN, told)
        return taken

    def push(self, repository: str, files: Mapping[str, str], message: str) -> Pushed:
        """Have files on the default branch, beside what is there, in a repository of its own."""
        return self._push({"repository": repository, "files": dict(files), "message": message})

    def push_all(
        self, repository: str, files: Mapping[str, str], executable: Collection[str], message: str
    ) -> Pushed:
        """Have the default branch be these files and no others, of which some can be run."""
        all_of_them = {"files": dict(files), "executable": sorted(executable), "whole": True}
        return self._push({"repository": repository, "message": message, **all_of_them})

    def _push(self, body: Mapping[str, Any]) -> Pushed:
        answer = self._ask("POST", PUSH, json.dumps(body).encode())
        return Pushed(str(answer["sha"]), Path(answer["git"]))

    def release(self, repository: str, tag: str, published_at: datetime, notes: str) -> str:
        """Have a release of somebody else's, in a public repository; the commit of its tag."""
        said = {"tag": tag, "published_at": published_at.isoformat(), "notes": notes}
        body = json.dumps({"repository": repository, **said}).encode()
        return str(self._ask("POST", RELEASE, body)["sha"])

    def seen(self) -> list[Mapping[str, Any]]:
        """Every repository with all that is in it. Raises CommandError."""
        found: list[Mapping[str, Any]] = self._ask("GET", SEEN)["repositories"]
        return found

    @property
    def _record(self) -> Path:
        return self.folder / "process.json"

    def _last(self) -> Running | None:
        try:
            return Running(**json.loads(self._record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _ask(self, method: str, path: str, content: bytes = b"") -> Any:
        running = self.running()
        if running is None:
            raise CommandError("the local forge does not run", code="forge.down", hint="make run")
        answer = httpx.request(method, running.address + path, content=content, timeout=_TIMEOUT_S)
        if not answer.is_success:
            said = _message(answer) or f"it answered {answer.status_code}"
            raise CommandError(f"the local forge refused: {said}", code="forge.refused")
        return answer.json()


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def _code() -> str:
    """What a forge that is started now runs."""
    parts = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()


def _answers(address: str) -> bool:
    try:
        return httpx.get(address + SEEN, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CommandError("no port is free", code="forge.failed")
