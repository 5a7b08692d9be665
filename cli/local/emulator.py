"""The embedded AWS: its own Python environment, one process on a loopback port, its state in .writ/.

State is written when the process ends by SIGTERM, and only then. A process that was killed leaves
tables from one moment and objects from another, so what it leaves is thrown away.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cli.output import CommandError
from cli.plane import ROOT

LOCK: Final = ROOT / "requirements-emulator.lock"
HOST: Final = "127.0.0.1"
REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"
# The emulator takes this key for the account's root user; functions get keys of their own roles.
ROOT_KEY: Final = "test"

_READY_S: Final = 30
_STOP_S: Final = 60
_LOG_LINES: Final = 12


@dataclass(frozen=True)
class Process:
    """A running emulator. `born` tells it from a later process with the number of this one."""

    pid: int
    port: int
    born: str

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/ready", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def alive(self) -> bool:
        with contextlib.suppress(ChildProcessError):  # a child of ours that ended stays until waited for
            os.waitpid(self.pid, os.WNOHANG)
        return bool(self.born) and _born(self.pid) == self.born


@dataclass(frozen=True)
class Emulator:
    """The emulator of one checkout. `folder` holds its environment, its state, its log."""

    folder: Path = ROOT / ".writ" / "emulator"

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def data(self) -> Path:
        """Everything that the emulator keeps; copying it while stopped copies the deployed app."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "emulator.log"

    @property
    def traces(self) -> Path:
        """What functions did, as spans: one OTLP document a line. It goes with the state."""
        return self.data / "traces.jsonl"

    @property
    def _record(self) -> Path:
        return self.folder / "process.json"

    @property
    def _saved(self) -> Path:
        return self.data / "saved"

    @property
    def version(self) -> str:
        """Changes with every library of the emulator and with the interpreter it runs on."""
        text = LOCK.read_bytes() + sys.version.encode()
        return hashlib.sha256(text).hexdigest()[:16]

    def install(self) -> None:
        """Create its environment from the lock file, if that has changed. Raises CommandError."""
        stamp = self.folder / "venv" / "version"
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == self.version:
            return
        shutil.rmtree(self.folder / "venv", ignore_errors=True)
        uv = [sys.executable, "-m", "uv"]
        _run([*uv, "venv", "--quiet", "--no-config", "--python", sys.executable, str(self.folder / "venv")])
        install = [*uv, "pip", "install", "--quiet", "--no-config", "--require-hashes", "--compile-bytecode"]
        _run([*install, "--python", str(self.python), "-r", str(LOCK)])
        stamp.write_text(self.version, encoding="utf-8")

    def running(self) -> Process | None:
        """The process that was started here and still answers."""
        process = self._last()
        return process if process and process.alive() and process.answers() else None

    def has_state(self) -> bool:
        """Whether an emulator that is not running left whole state behind."""
        return self._saved.is_file()

    def start(self, port: int | None = None) -> Process:
        """Start it, with the state that is there, and wait until it answers.

        Without a port it takes the one it had before, or a free one. Raises CommandError, with what to
        do next, when the port is taken or the process ends.
        """
        if running := self.running():
            return running
        if not self.has_state():
            self.wipe()
        port = self.choose_port(port)
        for name in ("state", "s3", "tmp"):
            (self.data / name).mkdir(parents=True, exist_ok=True)
        self._saved.unlink(missing_ok=True)
        self._rewind_streams()
        with self.log.open("wb") as log:
            child = subprocess.Popen(
                [str(self.python), "-m", "ministack"],
                cwd=self.data,
                env=self._environment(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = Process(child.pid, port, _born(child.pid))
        self._record.write_text(json.dumps(asdict(process)), encoding="utf-8")
        self._await(child, process)
        return process

    def stop(self) -> bool:
        """End it by SIGTERM and wait until its state is on disk; whether there was one to stop."""
        process = self._last()
        if process is None or not process.alive():
            return False
        os.kill(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_S
        while process.alive():
            if time.monotonic() > deadline:
                raise CommandError(
                    f"the emulator (process {process.pid}) does not end",
                    code="emulator.stuck",
                    hint=f"kill -9 {process.pid}, then make run; its state is lost",
                )
            time.sleep(0.05)
        shutil.rmtree(self.data / "tmp", ignore_errors=True)
        self._saved.touch()
        return True

    def _rewind_streams(self) -> None:
        """Let functions read table streams from their beginning.

        The emulator saves how far each was read, but not what was in it: after a start the first records
        would be taken for read, and new entries of the ledger wait for the sweep.
        """
        path = self.data / "state" / "lambda.json"
        if not path.is_file():
            return
        state = json.loads(path.read_text(encoding="utf-8"))
        positions = state.get("payload", {}).get("dynamodb_stream_positions", {})
        if positions.get("data"):
            positions["data"] = dict.fromkeys(positions["data"], 0)
            path.write_text(json.dumps(state), encoding="utf-8")

    def wipe(self) -> None:
        """Forget all state."""
        shutil.rmtree(self.data, ignore_errors=True)

    def _last(self) -> Process | None:
        try:
            return Process(**json.loads(self._record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def choose_port(self, wanted: int | None) -> int:
        """The port to start on: the one wanted, the one it had before, or a free one. Raises CommandError."""
        last = self._last()
        if wanted is None:
            return last.port if last and _is_free(last.port) else _free_port()
        if not _is_free(wanted):
            raise CommandError(
                f"port {wanted} is taken",
                code="emulator.port_taken",
                hint="stop what listens there, or let make run choose a free port",
            )
        return wanted

    def _environment(self, port: int) -> Mapping[str, str]:
        # Nothing else of ours: functions inherit it.
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": os.environ.get("HOME", str(self.folder)),
            "GATEWAY_PORT": str(port),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "TMPDIR": str(self.data / "tmp"),
            "STATE_DIR": str(self.data / "state"),
            "S3_DATA_DIR": str(self.data / "s3"),
            "PERSIST_STATE": "1",
            "S3_PERSIST": "1",
            "LAMBDA_WARM_TTL_SECONDS": "60",
            "WRIT_TRACES": self.traces.as_uri(),
        }

    def _await(self, child: subprocess.Popen[bytes], process: Process) -> None:
        deadline = time.monotonic() + _READY_S
        while not process.answers():
            if child.poll() is not None or time.monotonic() > deadline:
                child.terminate()
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
                raise CommandError(
                    f"the emulator did not start on port {process.port}:\n{tail}",
                    code="emulator.failed",
                    hint=f"read {self.log.relative_to(ROOT)}; make clean and make run start from nothing",
                )
            time.sleep(0.03)


def credentials(endpoint: str) -> dict[str, str]:
    """Environment variables that point any AWS client at an emulator, as its root user."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _born(pid: int) -> str:
    """When a process began, in whatever words the system has for it; "" where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:  # no such process, or no Linux
        ps = shutil.which("ps")
        if ps is None:
            return ""
        found = subprocess.run(
            [ps, "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return found.stdout.strip()
    # The name, which may hold anything, ends with the last parenthesis; the start is field 22:
    # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    return stat.rpartition(")")[2].split()[19]


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise CommandError(
            f"could not set up the emulator: {result.stderr.strip()}",
            code="emulator.install",
            hint="check that the package index answers, then make run",
        )
