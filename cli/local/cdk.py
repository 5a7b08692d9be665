"""The pinned CDK command line: synthesize an environment once a change, deploy it to an endpoint."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cli.output import CommandError
from cli.plane import ROOT

WORK: Final = ROOT / ".writ"
CLI: Final = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
OLDEST_NODE: Final = 20

# What a template is made from: a change anywhere here makes another app.
_INPUT_FILES: Final = ("app.py", "cdk.json", "package-lock.json", "pyproject.toml", "requirements.lock")
_INPUT_FOLDERS: Final = ("events", "functions", "layers", "policies", "stacks")
_INPUT_TYPES: Final = frozenset({".py", ".json", ".yaml", ".rego", ".lock", ".typed"})
_EVENT_LINE: Final = re.compile(r"^(?P<stack>\S+) \| +\S+ \| .+? \| (?P<status>[A-Z_]+) +\| (?P<type>\S+)")

Progress = Callable[[int, int], None]


def source_digest(env: str) -> str:
    """SHA-256 of everything that decides what is deployed, tests and cases left out."""
    digest = hashlib.sha256(f"{env}\0{sys.version}\0".encode())
    for path in _inputs():
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def synthesize(env: str, target: str | None = None) -> Path:
    """The assembly of an environment, made anew only when its sources changed. Raises CommandError.

    `target` sends it somewhere else than its settings say; see stacks/settings.py.
    """
    assembly = WORK / "assembly" / (f"{env}-{target}" if target else env)
    stamp = assembly / "sources.sha256"
    digest = source_digest(env)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return assembly
    shutil.rmtree(assembly, ignore_errors=True)
    app = f"{sys.executable} {ROOT / 'app.py'}"
    command = ["synth", "--quiet", "--app", app, "--output", str(assembly), "--context", f"env={env}"]
    command += ["--context", f"target={target}"] if target else []
    output = _run(command, _environment({}), WORK / "synth.log")
    if output is None:
        raise CommandError(_mistake(WORK / "synth.log"), code="synth.failed", hint=_hint("synth.log"))
    stamp.write_text(digest, encoding="utf-8")
    return assembly


def deploy(
    assembly: Path, target: Mapping[str, str], progress: Progress, *, only: Sequence[str] = ()
) -> dict[str, dict[str, str]]:
    """Deploy every stack of an assembly, or those that are named and none beside them; the outputs by stack.

    `target` are the variables of credentials. Raises CommandError that names the resource which failed.
    """
    outputs = WORK / "outputs.json"
    outputs.unlink(missing_ok=True)
    command = ["deploy", *([*only, "--exclusively"] if only else ["--all"])]
    command += ["--app", str(assembly), "--require-approval", "never"]
    command += ["--method", "direct", "--concurrency", "4", "--progress", "events"]
    command += ["--outputs-file", str(outputs)]
    total = sum(len(template.get("Resources", {})) for template in templates(assembly))
    seen: set[str] = set()

    def count(line: str) -> None:
        match = _EVENT_LINE.match(line)
        if match and match["status"].endswith("_COMPLETE"):
            seen.add(line.split("|", 3)[-1])
            progress(min(len(seen), total), total)

    output = _run(command, _environment(target), WORK / "deploy.log", count)
    if output is None:
        raise CommandError(_reason(WORK / "deploy.log"), code="deploy.failed", hint=_hint("deploy.log"))
    progress(total, total)
    found: dict[str, dict[str, str]] = json.loads(outputs.read_text(encoding="utf-8"))
    return found


def templates(assembly: Path) -> Iterator[dict[str, Any]]:
    """Every template of an assembly."""
    for path in sorted(assembly.glob("*.template.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def install(*, tests: bool = False) -> None:
    """Install the packages that package-lock.json pins, unless they are there. Raises CommandError.

    `tests`: also those that only tests need, which are 400 MB.
    """
    _check_node()
    with one_at_a_time("npm"):  # npm empties the folder first, under whoever else installs
        if _is_installed(tests):
            return
        command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error"]
        command += [] if tests else ["--omit", "dev"]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        raise CommandError(
            f"npm could not install what package-lock.json pins: {result.stderr.strip()}",
            code="cdk.install",
            hint="check that npm reaches its registry, then try again",
        )


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Waits for whoever else does the same thing in this checkout."""
    WORK.mkdir(exist_ok=True)
    with (WORK / f"{what}.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        yield


def _is_installed(tests: bool) -> bool:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for path, package in packages.items():
        manifest = ROOT / path / "package.json"
        if (
            path
            and (tests or not package.get("dev"))
            and not (
                manifest.is_file()
                and json.loads(manifest.read_text(encoding="utf-8"))["version"] == package["version"]
            )
        ):
            return False
    return True


def _check_node() -> None:
    node = shutil.which("node")
    version = (
        subprocess.run([node, "--version"], capture_output=True, text=True, check=False) if node else None
    )
    major = int(version.stdout.lstrip("v").split(".")[0] or 0) if version else 0
    if major < OLDEST_NODE or not shutil.which("npm"):
        raise CommandError(
            f"the CDK needs Node {OLDEST_NODE} or newer with npm",
            code="cdk.node",
            hint="install Node, then make run",
        )


def _inputs() -> Iterator[Path]:
    for name in _INPUT_FILES:
        if (ROOT / name).is_file():
            yield ROOT / name
    for name in _INPUT_FOLDERS:
        for path in sorted((ROOT / name).rglob("*")):
            if (
                path.suffix in _INPUT_TYPES
                and "__pycache__" not in path.parts
                and "samples" not in path.parts
            ):
                yield path


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    if not extra:
        inherited = {**os.environ}
    quiet = {
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "NO_COLOR": "1",
    }
    # The CDK's Python modules take half a minute to compile; their byte code has to be kept.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**inherited, **quiet, **extra}


def _run(
    command: list[str],
    environment: Mapping[str, str],
    log: Path,
    each_line: Callable[[str], None] | None = None,
) -> str | None:
    """Run the CLI with its output in a log; the output, or None when it failed."""
    install()
    log.parent.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    with (
        log.open("w", encoding="utf-8") as copy,
        subprocess.Popen(
            [shutil.which("node") or "node", str(CLI), *command, "--no-notices"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        for line in process.stdout or ():
            copy.write(line)
            lines.append(line)
            if each_line:
                each_line(line)
    return None if process.returncode else "".join(lines)


def _mistake(log: Path) -> str:
    """What app.py said was wrong."""
    said = [line.removeprefix("writ: ") for line in _lines(log) if line.startswith("writ: ")]
    return said[0] if said else "the app could not be synthesized"


def _reason(log: Path) -> str:
    """The line that says why, out of a deployment's log."""
    lines = _lines(log)
    failed = [line for line in lines if "_FAILED" in line or line.startswith("❌")]
    return f"the deployment failed: {(failed or lines or ['nothing was printed'])[0]}"


def _lines(log: Path) -> list[str]:
    return [line.strip() for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]


def _hint(log: str) -> str:
    return f"read .writ/{log}"
