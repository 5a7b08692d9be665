"""`writ sdk publish`: the client of a checkout's API as a release, which is then got back and verified."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Self

import typer

from cli.api import Api
from cli.gates.gate import name_of
from cli.making import api_document
from cli.output import CommandError, JsonFlag, Output, UsageError, facts, reporting
from cli.plane import Plane
from cli.release import releases
from cli.release.files import RELEASES, Fetched, files_of
from cli.release.release import settings_of
from cli.sdk import version as sdk_version
from cli.sdk.build import DOCUMENT
from cli.sdk.openapi_file import parsed
from cli.waiting import is_waiting
from writ.adapters.git_history import GitHistory
from writ.release.settings import FILE, ReleaseSettings
from writ.release.versions import Bump, core, difference

_LOOKED_AT: Final = 1000

Repo = Annotated[Path, typer.Option("--repo", metavar="DIR", help="A checkout of what is released.")]
Named = Annotated[
    str | None,
    typer.Option("--repository", metavar="OWNER/NAME", help="What the forge calls it; else the remote says."),
]
Package = Annotated[str | None, typer.Option("--package", help="One of several packages.")]
Spec = Annotated[
    str, typer.Option("--spec", metavar="PATH", help="The document, from the root of the checkout.")
]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the published files go.")]


def publish(
    *,
    repo: Repo = Path(),
    repository: Named = None,
    package: Package = None,
    spec: Spec = api_document.PLACE,
    out: Out = Path("released"),
    as_json: JsonFlag = False,
) -> None:
    """Release the client of what is committed, unless that is released; get it back, and verify it."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        source = Source.at(repo, repository, package, spec)
        published, got = published_of(api, output, source)
        got.write(out)
        document = {"published": published, **got.document(), "out": str(out)}
        title = "published" if published else f"nothing to publish: {got.release['tag']} is of this document"
        output.show(document, facts(title, {**got.told(), **_clients(got), "in": str(out)}))


@dataclass(frozen=True, slots=True)
class Source:
    """A commit that is checked out, and the document that it has."""

    root: Path
    repository: str
    package: str | None
    sha: str
    settings: ReleaseSettings
    document: Any

    @classmethod
    def at(cls, repo: Path, repository: str | None, package: str | None, spec: str) -> Self:
        """Raises CommandError and UsageError that name what is missing, or is not committed."""
        with GitHistory.open(repo) as history:
            root, sha = history.root, history.head()
            name = name_of(repository, history.remote(), root)
            committed = history.content(sha, spec)
        if "/" not in name:
            raise UsageError("no remote says what the forge calls it", field="--repository")
        if committed is None:
            raise UsageError(f"{sha[:7]} has no {spec}", field="--spec")
        file = root / spec
        if not file.is_file() or file.read_bytes() != committed:
            raise CommandError(
                f"{spec} is not as {sha[:7]} has it", code="sdk.checkout", hint="commit it first"
            )
        settings = settings_of(root)
        if settings.build_of(package) is None:
            hint = f"build: {{command: [writ, sdk, build, --spec, {spec}], artifacts: [dist/*.whl, {_KEPT}]}}"
            raise CommandError(f"{FILE} declares no build", code="release.build", field="build", hint=hint)
        return cls(root, name, package, sha, settings, parsed(committed, spec, "--spec"))

    def is_of(self, release: dict[str, Any]) -> bool:
        """Whether a release is one of this package."""
        same = str(release["repository"]).lower() == self.repository.lower()
        return same and release["package"] == self.package


_KEPT: Final = f"dist/{DOCUMENT}"


def published_of(api: Api, output: Output, source: Source) -> tuple[bool, Fetched]:
    """The client of a source as it is published, and whether it was only now.

    Raises CommandError for a release that failed, and `sdk.waiting` for one that waits for somebody.
    """
    mine = [each for each in api.items(RELEASES, _LOOKED_AT) if source.is_of(each)]
    last = next((files_of(api, each["id"]) for each in mine if each["state"] == "published"), None)
    if last is not None and _document(last) == _unversioned(source.document):
        return False, last
    begun = next((each for each in mine if each["ended_at"] is None), None) or _begun(api, source, last)
    if begun["sha"] != source.sha:
        message = f"{begun['id']} of {begun['sha'][:7]} is open for this package"
        raise CommandError(message, code="conflict.release", hint=f"writ release status {begun['id']}")
    done = releases.watched(api, output, begun["id"], _builds_here)
    if _builds_here(done):
        releases.built(api, output, done, source.root)
        done = releases.watched(api, output, begun["id"])
    _check_over(done)
    got = files_of(api, done["id"])
    if DOCUMENT not in got.files:
        message = f"the build of {got.release['tag']} left no {DOCUMENT} among its artifacts"
        raise CommandError(message, code="release.build", field="artifacts", hint=f"add {_KEPT} to {FILE}")
    return True, got


def _begun(api: Api, source: Source, last: Fetched | None) -> Any:
    asked = {"repository": source.repository, "package": source.package, "ref": source.sha}
    given = {**asked, "at_least": _least(source, last).word}
    begun = api.post(RELEASES, {name: value for name, value in given.items() if value is not None})
    if is_waiting(begun):
        hint = f"writ actions approve {begun['action']} --reason …, by somebody else; then again"
        raise CommandError("a person decides whether it is begun", code="sdk.waiting", hint=hint)
    return begun


def _least(source: Source, last: Fetched | None) -> Bump:
    """What the changes of the document ask of the release: a patch where there is nothing to compare."""
    before = None if last is None else _document(last)
    released = None if last is None else source.settings.pattern.read(last.release["tag"], source.package)
    if before is None or released is None:
        return Bump.PATCH
    today = datetime.now(UTC).date()
    wanted = sdk_version.least(source.document, before, released, today)
    return max(Bump.PATCH, difference(core(released), wanted))


def _document(release: Fetched) -> Any:
    """The document that a release has with its client, but for the version that it was given."""
    data = release.files.get(DOCUMENT)
    return None if data is None else _unversioned(parsed(data, DOCUMENT, DOCUMENT))


def _unversioned(document: Any) -> Any:
    info = document.get("info", {}) if isinstance(document, dict) else {}
    kept = {name: value for name, value in info.items() if name != "version"}
    return {**document, "info": kept} if isinstance(document, dict) else document


def _builds_here(found: dict[str, Any]) -> bool:
    """Whether it waits for a build that no workflow makes; one that was broken off is made again."""
    return found["state"] == "build" and not (found["build"] or {}).get("workflow")


def _check_over(found: dict[str, Any]) -> None:
    if found["ended_at"] is None:
        message = f"{found['id']} waits for {found['waits_for']}"
        hint = "once that is there, run this again: it goes on from here"
        raise CommandError(message, code="sdk.waiting", hint=hint)
    if found["state"] != "published":
        problem = found["problem"] or {}
        message = str(problem.get("message") or f"it ended as {found['state']}: {found['why']}")
        hint = f"writ release status {found['id']}"
        raise CommandError(message, code=str(problem.get("code") or "sdk.unpublished"), hint=hint)


def _clients(got: Fetched) -> dict[str, str]:
    """The files that are the client, with their digests."""
    digests = got.document()["files"]
    return {name: digest for name, digest in digests.items() if name.endswith((".whl", ".tar.gz"))}
