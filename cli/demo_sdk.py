"""`writ demo sdk`: the client is built, installed into a fresh environment, and calls the running plane."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cli import sdk_build, sdk_version
from cli.login import Login
from cli.openapi_file import read_document
from cli.output import CommandError, JsonFlag, facts, reporting
from cli.plane import ROOT, Plane, calling
from cli.progress import Bars
from cli.sdk import EPOCH, OWN
from cli.sdk_tools import LOCK, Tools, run

_SCRIPT: Final = ROOT / "cli" / "templates" / "sdk-demo" / "call.py.tmpl"
_PIN: Final = re.compile(r"^([a-z0-9._-]+==\S+)", re.MULTILINE)


def sdk(*, as_json: JsonFlag = False) -> None:
    """Build the client of this plane's API, install it into a fresh environment, and work with it."""
    with reporting(as_json) as output:
        plane = Plane.load()
        with Bars(output) as bars, calling("calling the API"), tempfile.TemporaryDirectory() as place:
            bars.step("generating, building and testing the client")
            built = built_client(Path(place) / "dist")
            bars.step("installing it into a fresh environment")
            python = installed(Path(place) / "dist", Path(place) / "venv")
            bars.step("adding a task, and reading the backlog")
            said = called(python, plane.file.api_url, Login.of(plane).token())
        told = {"client": f"{built.plan.project} {built.plan.version}", **said}
        output.show(told, facts("the client called the plane", told))


def built_client(out: Path) -> sdk_build.Built:
    """Writ's own client, tested."""
    document = read_document(OWN, "--spec")
    version = sdk_version.decide(document, None, datetime.now(UTC).date())
    return sdk_build.build(sdk_build.Plan.of(document, version), out, Tools.installed(), EPOCH)


def installed(dist: Path, venv: Path) -> Path:
    """The interpreter of a fresh environment that has the wheel, with what it needs as it was tested."""
    (wheel,) = dist.glob("*.whl")
    pins = dist.parent / "constraints.txt"
    pins.write_text("\n".join(_PIN.findall(LOCK.read_text(encoding="utf-8"))) + "\n", encoding="utf-8")
    uv = [sys.executable, "-m", "uv"]
    run([*uv, "venv", "--quiet", "--no-config", "--python", sys.executable, str(venv)])
    python = venv / "bin" / "python"
    install = [*uv, "pip", "install", "--quiet", "--no-config", "--python", str(python)]
    run([*install, "--constraint", str(pins), str(wheel)])
    return python


def called(python: Path, url: str, token: str) -> dict[str, Any]:
    """What a program that has nothing but the client makes of the API. Raises CommandError."""
    given = {"PATH": "/usr/bin:/bin", "WRIT_API": url, "WRIT_TOKEN": token}
    said = run([str(python), "-I", str(_SCRIPT)], given)
    try:
        return dict(json.loads(said.splitlines()[-1]))
    except (ValueError, TypeError, IndexError):
        raise CommandError("the program with the client said nothing", code="sdk.failed") from None
