"""What generates, tests and builds clients: an environment of its own, from its own lock file."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cli.output import CommandError
from cli.plane import ROOT, STATE

LOCK: Final = ROOT / "requirements-sdk.lock"
_TIMEOUT_S: Final = 600
_TOLD: Final = 30


@dataclass(frozen=True, slots=True)
class Tools:
    """The environment; nothing of the caller's own reaches what runs in it but where to find programs."""

    folder: Path

    @classmethod
    def installed(cls, state: Path = STATE) -> Self:
        """Made anew where the lock file or the interpreter changed. Raises CommandError."""
        version = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
        folder = state / "sdk-tools"
        stamp = folder / "version"
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != version:
            shutil.rmtree(folder, ignore_errors=True)
            uv = [sys.executable, "-m", "uv"]
            run(
                [*uv, "venv", "--quiet", "--no-config", "--python", sys.executable, str(folder)],
                dict(os.environ),
            )
            install = [*uv, "pip", "install", "--quiet", "--no-config", "--require-hashes"]
            python = str(folder / "bin" / "python")
            run([*install, "--python", python, "-r", str(LOCK)])
            stamp.write_text(version, encoding="utf-8")
        return cls(folder)

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, arguments: Sequence[str], *, cwd: Path, **environment: str) -> str:
        """What a module of the environment prints. Raises CommandError with the end of it when it fails."""
        path = os.pathsep.join((str(self.folder / "bin"), os.defpath))
        clean = {"PATH": path, "HOME": str(cwd), "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", **environment}
        return run([str(self.python), "-P", "-m", *arguments], clean, cwd)


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """What a command prints. Raises CommandError (`sdk.failed`) with the end of it when it fails."""
    try:
        done = subprocess.run(
            list(command),
            cwd=cwd,
            env=None if environment is None else dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandError(f"{command[0]} did not run: {type(error).__name__}", code="sdk.failed") from None
    if done.returncode:
        told = "\n".join(done.stdout.splitlines()[-_TOLD:])
        raise CommandError(f"{Path(command[0]).name} {command[-1]} failed:\n{told}", code="sdk.failed")
    return done.stdout
