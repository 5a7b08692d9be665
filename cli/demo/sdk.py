"""`writ demo sdk`: the client is released as any artifact is, got back, installed, and calls the plane."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from cli.api import Api
from cli.gates import gate
from cli.gates import report as gate_report
from cli.localforge.process import ForgeProcess
from cli.localforge.repositories import cloned
from cli.login import Login
from cli.making import api_document
from cli.output import CommandError, JsonFlag, facts, reporting
from cli.plane import ROOT, Plane, calling
from cli.sdk import publish as sdk_publish
from cli.sdk.tools import LOCK, run
from writ.contracts.action import Verdict

REPOSITORY: Final = "acme/writ-api"
SETTINGS: Final = """\
build:
  command: [writ, sdk, build, --spec, docs/reference/openapi.yaml, --out, dist]
  artifacts: ["dist/*.whl", "dist/*.tar.gz", dist/openapi.json]
"""
_COPIED: Final = (api_document.PLACE, ".github/CODEOWNERS", "LICENSE")
_SCRIPT: Final = ROOT / "cli" / "templates" / "sdk-demo" / "call.py.tmpl"
_PIN: Final = re.compile(r"^([a-z0-9._-]+==\S+)", re.MULTILINE)


def sdk(*, as_json: JsonFlag = False) -> None:
    """Publish the client of this plane's API by the release flow, install it from there, and work with it."""
    with reporting(as_json) as output:
        plane = Plane.load()
        if plane.file.aws_endpoint_url is None:
            raise CommandError("the demonstration is for a local plane", code="plane.remote")
        with calling("showing the client"), tempfile.TemporaryDirectory() as place, Api.of(plane) as api:
            checkout = Path(place) / "checkout"
            pushed = ForgeProcess().push(REPOSITORY, files(), "feat: describe the API")
            cloned(pushed.folder, checkout, "main")
            output.note(f"asks the gates about {REPOSITORY} in the local forge")
            report = gate.recorded(output, checkout, REPOSITORY)
            if report.verdict is not Verdict.ALLOW:
                raise CommandError(gate_report.sentence(report), code="demo.failed")
            source = sdk_publish.Source.at(checkout, REPOSITORY, None, api_document.PLACE)
            published, got = sdk_publish.published_of(api, output, source)
            got.write(Path(place) / "released")
            output.note("installs what was published into a fresh environment, and calls the API")
            python = installed(Path(place) / "released", Path(place) / "venv")
            said = called(python, plane.file.api_url, Login.of(plane).token())
        document = {"published": published, **got.document(), **said}
        output.show(document, facts("the client called the plane", {**got.told(), **_told(said)}))


def _told(said: dict[str, Any]) -> dict[str, str]:
    """For people."""
    return {
        "added": f"{said['added']}, by {said['action']}",
        "read": f"{'it is' if said['listed'] else 'it is not'} on the list, with the score {said['score']}",
        "added again": f"refused as {said['again']}",
    }


def files() -> dict[str, str]:
    """A repository that has the API's description and says how its client is released."""
    kept = {name: (ROOT / name).read_text(encoding="utf-8") for name in _COPIED}
    return {**kept, "release.yaml": SETTINGS}


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
