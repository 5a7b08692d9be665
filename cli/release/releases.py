"""`writ release start` and its neighbours: releases by the API, and the build that a release waits for."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.api import Api
from cli.output import CommandError, JsonFlag, Output, facts, reporting, table
from cli.plane import ROOT, Plane
from cli.progress import Bars
from cli.release.files import LARGEST, RELEASES, Id, fetch
from cli.release.release import settings_of
from cli.run_login import VARIABLES as RUN_VARIABLES
from cli.waiting import is_waiting, show_waiting
from writ.adapters.git_history import GitHistory
from writ.release.build import BuildSettings

_LOOKS_S: Final = 1.0
_HELD_S: Final = 10
_UPLOAD_S: Final = 300.0
_MOST: Final = 20

Why = Annotated[str, typer.Option("--reason", help="Why; it stays in evidence.")]
Wait = Annotated[bool, typer.Option("--wait", help="Watch it until it is over, or waits for somebody.")]
Repository = Annotated[str, typer.Argument(metavar="REPOSITORY", help="Owner and name: acme/shop.")]
Package = Annotated[str | None, typer.Option("--package", help="One of several packages.")]
Ref = Annotated[
    str | None, typer.Option("--ref", help="A commit, heads/BRANCH or tags/TAG; else the default branch.")
]
Pre = Annotated[str | None, typer.Option("--pre", metavar="LINE", help="A pre-release: alpha, beta or rc.")]
AtLeast = Annotated[
    str | None,
    typer.Option("--at-least", metavar="BUMP", help="patch, minor or major, though commits call for less."),
]
Repo = Annotated[Path, typer.Option("--repo", metavar="DIR", help="A checkout of the release's commit.")]
Run = Annotated[
    int | None, typer.Option("--run", help="The number of the run at the forge; else GITHUB_RUN_ID.")
]


def start(
    repository: Repository,
    *,
    package: Package = None,
    ref: Ref = None,
    pre: Pre = None,
    at_least: AtLeast = None,
    wait: Wait = False,
    as_json: JsonFlag = False,
) -> None:
    """Release what is at a ref, step by step; `writ release status` says how far it is."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        asked = {"repository": repository, "package": package, "ref": ref, "line": pre, "at_least": at_least}
        begun = api.post(RELEASES, {name: value for name, value in asked.items() if value is not None})
        if wait and "id" in begun:
            begun = watched(api, output, begun["id"])
        _show(output, begun)


def status(release: Id, *, wait: Wait = False, as_json: JsonFlag = False) -> None:
    """How far a release is, what it waits for, and what each step came to."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = watched(api, output, release) if wait else api.get(f"{RELEASES}/{release}")
        _show(output, found)


def list_releases(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Releases, the newest first."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        items = list(api.items(RELEASES, limit))
        columns = ("=release", "repository", "package", "tag", "state", "by", "started")
        rows = [
            (
                i["id"], i["repository"], i["package"] or "", i["tag"] or "", i["state"], i["by"],
                i["started_at"][:16],
            )
            for i in items
        ]  # fmt: skip
        output.show({"items": items}, table(None, columns, rows) if rows else "no releases")


def abort(release: Id, *, reason: Why, as_json: JsonFlag = False) -> None:
    """End a release where it is; a tag stays, and what is published cannot be aborted."""
    _tell(release, "abort", reason, as_json)


def resume(release: Id, *, reason: Why, as_json: JsonFlag = False) -> None:
    """Take a release that failed up again where it stopped."""
    _tell(release, "resume", reason, as_json)


def build(release: Id, *, repo: Repo = Path(), run: Run = None, as_json: JsonFlag = False) -> None:
    """Run the build that release.yaml declares, in a checkout, and hand its files to the release."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        shown = built(api, output, api.get(f"{RELEASES}/{release}"), repo, run)
        rows = [(file["name"], f"{file['size']:,}", file["sha256"][:12]) for file in shown["files"]]
        output.show(shown, table(None, ("=file", ">bytes", "sha-256"), rows))


def built(
    api: Api, output: Output, found: dict[str, Any], repo: Path, run: int | None = None
) -> dict[str, Any]:
    """Run the build of a release in a checkout, report what it made and send it.

    Raises CommandError for a build that failed, which the release is told, and for files that are not taken.
    """
    declared, root = _declared(found, repo)
    number = run if run is not None else _run_here()
    about: dict[str, Any] = {} if number is None else {"run": number}
    place = f"{RELEASES}/{found['id']}/build"
    problem = _carried_out(declared, root, found, output)
    if problem is not None:
        api.post(place, {**about, "status": "failed", "message": problem})
        raise CommandError(problem, code="release.build_failed", hint="the release was told so")
    files = _files(declared, root)
    listed: list[dict[str, Any]] = [
        {"name": name, "sha256": sha256(data).hexdigest(), "size": len(data)}
        for name, data in sorted(files.items())
    ]
    told = api.post(place, {**about, "files": listed})
    for upload in told["uploads"]:
        output.note(f"sends {upload['name']}")
        _send(upload, files[upload["name"]])
    return {"id": found["id"], "files": listed, "sent": [upload["name"] for upload in told["uploads"]]}


def _declared(found: dict[str, Any], repo: Path) -> tuple[BuildSettings, Path]:
    """What the checkout declares, which has to be at the commit of the release."""
    with GitHistory.open(repo) as history:
        root, head = history.root, history.head()
    if head != found["sha"]:
        message = f"the checkout is at {head[:7]}, and the release at {found['sha'][:7]}"
        hint = f"git checkout {found['tag'] or found['sha']}"
        raise CommandError(message, code="release.checkout", hint=hint)
    declared = settings_of(root).build_of(found["package"])
    if declared is None:
        raise CommandError("release.yaml declares no build", code="release.build", field="build")
    return declared, root


def _carried_out(declared: BuildSettings, root: Path, found: dict[str, Any], output: Output) -> str | None:
    """Run the command; why it failed, None where it did not. It knows its version by the environment."""
    known = {"RELEASE": found["id"], **{name.upper(): found[name] for name in ("version", "tag", "previous")}}
    told = {f"WRIT_{name}": value for name, value in known.items() if value}
    output.note(f"runs {' '.join(declared.command)}")
    try:
        done = subprocess.run(
            declared.command,
            cwd=root,
            env={**_environment(), **told},
            stdout=subprocess.DEVNULL if output.as_json else None,
            timeout=declared.timeout_minutes * 60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the build took longer than {declared.timeout_minutes} minutes"
    except OSError as error:
        return f"the build cannot be run: {error.strerror}"
    return f"the build ended with {done.returncode}" if done.returncode else None


def _environment() -> dict[str, str]:
    """What the build is handed: nothing by which its result is reported. `writ` in it is this one."""
    own = ("WRIT_", *RUN_VARIABLES)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {**kept, "PATH": os.pathsep.join((str(ROOT), kept.get("PATH", os.defpath)))}


def _files(declared: BuildSettings, root: Path) -> dict[str, bytes]:
    """What the build left, by name. Raises CommandError that names the pattern at fault."""
    found: dict[str, bytes] = {}
    for pattern in declared.artifacts:
        paths = sorted(path for path in root.glob(pattern) if path.is_file() and not path.is_symlink())
        if not paths:
            message = f"the build left nothing at {pattern}"
            raise CommandError(message, code="release.build", field="artifacts")
        for path in paths:
            if path.name in found:
                message = f"two files are called {path.name}"
                raise CommandError(message, code="release.build", field="artifacts")
            if not 0 < path.stat().st_size <= LARGEST:
                message = f"{path.name} is empty or has more than {LARGEST:,} bytes"
                raise CommandError(message, code="release.build", field="artifacts")
            found[path.name] = path.read_bytes()
    if len(found) > _MOST:
        raise CommandError(f"{len(found)} files, and a release has {_MOST} at most", code="release.build")
    return found


def _send(upload: dict[str, Any], data: bytes) -> None:
    """Put a file where it is expected, by the address that takes it and no other."""
    try:
        answer = httpx.put(upload["url"], content=data, headers=upload["headers"], timeout=_UPLOAD_S)
    except httpx.TransportError as error:
        message = f"{upload['name']} was not sent ({type(error).__name__})"
        raise CommandError(message, code="release.upload", hint="run it again") from None
    if not answer.is_success:
        message = f"{upload['name']} was refused: {answer.status_code}"
        raise CommandError(message, code="release.upload", hint="run it again")


def _run_here() -> int | None:
    text = os.environ.get("GITHUB_RUN_ID", "")
    return int(text) if text.isdecimal() else None


def _tell(release: str, what: str, reason: str, as_json: bool) -> None:
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, api.post(f"{RELEASES}/{release}/{what}", {"reason": reason}))


def watched(api: Api, output: Output, id: str, stops: Callable[[dict[str, Any]], bool] | None = None) -> Any:
    """Follow a release until it is over, waits for a person, a build or the gates, or `stops` says so."""
    with Bars(output) as bars:
        while True:
            found = api.get(f"{RELEASES}/{id}")
            done = sum(step["done"] for step in found["steps"])
            bars.step(f"{id}: {found['state']}", done, len(found["steps"]))
            if found["ended_at"] or is_held(found) or (stops is not None and stops(found)):
                return found
            time.sleep(_LOOKS_S)


def is_held(found: dict[str, Any]) -> bool:
    """Whether it has waited for somebody for a while; what was announced to be built comes by itself."""
    by_itself = found["state"] == "build" and (found["built"] or (found["build"] or {}).get("workflow"))
    return bool(found["waits_for"]) and not by_itself and found["waiting_s"] >= _HELD_S


def _show(output: Output, found: dict[str, Any]) -> None:
    if is_waiting(found):
        show_waiting(output, "release", found)
        return
    parts: list[RenderableType] = [facts("release", _facts(found))]
    if "steps" in found:
        parts.append(Text("  ".join(_step(found, step) for step in found["steps"])))
    output.show(found, Group(*parts))


def _facts(found: dict[str, Any]) -> dict[str, Any]:
    problem = found.get("problem") or {}
    shown = {
        "id": found["id"],
        "what": " ".join(filter(None, (found["repository"], found["package"], found["tag"]))),
        "commit": found["sha"][:12],
        "state": found["state"],
        "why": found.get("why"),
        "waits for": found.get("waits_for"),
        "problem": f"{problem['code']}: {problem['message']}" if problem else None,
        "page": found["url"],
        "proof": found.get("provenance"),
    }
    return {name: value for name, value in shown.items() if value}


def _step(found: dict[str, Any], step: dict[str, Any]) -> str:
    mark = "✓" if step["done"] else "→" if step["step"] == found["state"] else "·"
    return f"{mark} {step['step']}"


def add_to(app: typer.Typer) -> None:
    """The commands, beside those that read a checkout."""
    for name, command in (
        ("start", start),
        ("status", status),
        ("list", list_releases),
        ("build", build),
        ("fetch", fetch),
        ("abort", abort),
        ("resume", resume),
    ):
        app.command(name)(command)
