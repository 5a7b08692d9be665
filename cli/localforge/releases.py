"""What the local forge does for releases: history, tags, release pages with their files, runs of workflows.

A run that is asked for is kept and not carried out: `writ release build` does what the repository declares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dulwich.refs import Ref, check_ref_format

from cli.localforge.records import AssetRecord, ReleaseRecord, RepositoryRecord, RunRecord
from cli.localforge.sign_in import RefusedError

if TYPE_CHECKING:
    from cli.localforge.asked import Asked
    from cli.localforge.forge import LocalForge
    from cli.localforge.repositories import GitRepository

_DEFAULTS: Final = ("main", "master")


def commit_of(git: GitRepository, ref: str) -> str:
    """The commit that a digest, `heads/…`, `tags/…`, a bare name or `HEAD` comes to."""
    for name in _DEFAULTS if ref == "HEAD" else (ref,):
        for full in (f"refs/{name}", f"refs/heads/{name}", f"refs/tags/{name}"):
            if (found := git.ref(full)) is not None:
                return git.peeled(found)
    if not git.has(ref):
        raise RefusedError(422, f"No commit found for SHA: {ref}")
    return git.peeled(ref)


def _commit(asked: Asked) -> dict[str, Any]:
    git = asked.forge.git(asked.repository)
    sha = commit_of(git, asked.repository.commit(asked.parts["rest"]))
    return {**_shown(git, sha), "files": [{"filename": path} for path in git.touched(sha)]}


def _log(asked: Asked) -> list[Any]:
    git = asked.forge.git(asked.repository)
    sha = commit_of(git, asked.repository.commit(asked.query.get("sha", "HEAD")))
    return _page([_shown(git, each) for each in git.log(sha)], asked)


def _compare(asked: Asked) -> dict[str, Any]:
    git = asked.forge.git(asked.repository)
    base, _, head = asked.parts["rest"].partition("...")
    one, two = (commit_of(git, asked.repository.commit(each)) for each in (base, head))
    commits = [_shown(git, each) for each in git.between(one, two)]
    return {"behind_by": len(git.between(two, one)), "commits": _page(commits, asked)}


def _tags(asked: Asked) -> list[Any]:
    git = asked.forge.git(asked.repository)
    prefix = "refs/tags/"
    return _page(
        [
            {"name": name.removeprefix(prefix), "commit": {"sha": git.peeled(sha)}}
            for name, sha in git.refs().items()
            if name.startswith(prefix)
        ],
        asked,
    )


def _list(asked: Asked) -> list[Any]:
    newest = sorted(asked.repository.releases.values(), key=lambda release: -release.id)
    return _page([_release(asked.forge, asked.repository, each) for each in newest], asked)


def _create(asked: Asked) -> dict[str, Any]:
    made = ReleaseRecord.model_validate({**asked.body, "id": asked.forge.records.next()})
    if not made.draft:
        _alone(asked.repository, made)
        made = _published(asked.forge, made)
    asked.repository.releases[made.id] = made
    return _release(asked.forge, asked.repository, made)


def _change(asked: Asked) -> dict[str, Any]:
    made = _found(asked.repository.releases, asked.number).model_copy(update=dict(asked.body))
    if not made.draft:
        _alone(asked.repository, made)
        git, name = asked.forge.git(asked.repository), f"refs/tags/{made.tag_name}"
        if git.ref(name) is None:  # GitHub makes the tag of a release that is published without one
            git.point(name, commit_of(git, asked.repository.commit(made.target_commitish)))
        made = _published(asked.forge, made)
    asked.repository.releases[made.id] = made
    return _release(asked.forge, asked.repository, made)


def _published(forge: LocalForge, made: ReleaseRecord) -> ReleaseRecord:
    """It says since when it is out, once and for all."""
    return made.model_copy(update={"published_at": made.published_at or forge.now()})


def _alone(repository: RepositoryRecord, made: ReleaseRecord) -> None:
    for other in repository.releases.values():
        if other.id != made.id and not other.draft and other.tag_name == made.tag_name:
            raise RefusedError(422, "Validation Failed: tag_name already_exists")


def _delete(asked: Asked) -> None:
    _found(asked.repository.releases, asked.number)
    del asked.repository.releases[asked.number]
    for id in [each.id for each in asked.repository.assets.values() if each.release == asked.number]:
        _forget(asked, id)


def take_release(forge: LocalForge, body: Mapping[str, Any]) -> dict[str, Any]:
    """A release that somebody else published: its tag, on a commit of its own, and when that was.

    The repository is made where there is none, and public.
    """
    name, tag = str(body["repository"]), str(body["tag"])
    published = datetime.fromisoformat(str(body["published_at"])).astimezone(UTC)
    if not check_ref_format(Ref(f"refs/tags/{tag}".encode())):
        raise RefusedError(422, f"{tag} is no name of a tag")
    repository = forge.records.find(name) or RepositoryRecord(name=name, public=True)
    if not repository.public:
        raise RefusedError(422, f"{name} is one of ours")
    git = forge.git(repository)
    if git.ref(f"refs/tags/{tag}") is not None:
        raise RefusedError(422, f"{name} has {tag} already")
    head = git.ref("refs/heads/main")
    files = {"VERSION": f"{tag}\n".encode()}
    sha = git.commit(files, f"chore: release {tag}", published, () if head is None else (head,))
    git.point("refs/heads/main", sha)
    git.point(f"refs/tags/{tag}", sha)
    made = ReleaseRecord(
        id=forge.records.next(),
        tag_name=tag,
        target_commitish="main",
        name=tag,
        body=str(body.get("notes", "")),
        draft=False,
        published_at=published,
    )
    repository.releases[made.id] = made
    forge.records.repositories[name.lower()] = repository
    return {"tag": tag, "sha": sha}


def _assets(asked: Asked) -> list[Any]:
    _found(asked.repository.releases, asked.number)
    mine = [each for each in asked.repository.assets.values() if each.release == asked.number]
    return _page([_asset(each) for each in mine], asked)


def _upload(asked: Asked) -> dict[str, Any]:
    _found(asked.repository.releases, asked.number)
    name, data = asked.query["name"], asked.body
    mine = [each.name for each in asked.repository.assets.values() if each.release == asked.number]
    if name in mine or not isinstance(data, bytes) or not data:
        raise RefusedError(422, "Validation Failed: name already_exists")
    kept = AssetRecord(
        id=asked.forge.records.next(),
        release=asked.number,
        name=name,
        size=len(data),
        sha256=sha256(data).hexdigest(),
    )
    place = file_of(asked.forge, kept.id)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)
    asked.repository.assets[kept.id] = kept
    return _asset(kept)


def _remove(asked: Asked) -> None:
    _found(asked.repository.assets, asked.number)
    _forget(asked, asked.number)


def _forget(asked: Asked, id: int) -> None:
    del asked.repository.assets[id]
    file_of(asked.forge, id).unlink(missing_ok=True)


def file_of(forge: LocalForge, id: int) -> Path:
    """Where the bytes of a release's file lie."""
    return forge.folder / "assets" / str(id)


def _dispatch(asked: Asked) -> None:
    git, ref = asked.forge.git(asked.repository), str(asked.body["ref"])
    id = asked.forge.records.next()
    asked.repository.runs[id] = RunRecord(
        id=id,
        workflow=asked.parts["word"],
        ref=ref,
        head_sha=commit_of(git, ref),
        inputs=asked.body.get("inputs", {}),
    )


def _runs(asked: Asked) -> dict[str, Any]:
    wanted = asked.query.get("head_sha")
    found = [
        _run(asked, run)
        for run in sorted(asked.repository.runs.values(), key=lambda run: -run.id)
        if run.workflow == asked.parts["word"] and wanted in (None, run.head_sha)
    ]
    return {"total_count": len(found), "workflow_runs": _page(found, asked)}


def _run(asked: Asked, run: RunRecord) -> dict[str, Any]:
    title = f"Release {run.inputs['release']}" if "release" in run.inputs else run.workflow
    return {
        "id": run.id,
        "display_title": title,
        "status": "queued",
        "conclusion": None,
        "head_sha": run.head_sha,
        "html_url": f"{asked.forge.address}/{asked.repository.name}/actions/runs/{run.id}",
    }


def _shown(git: GitRepository, sha: str) -> dict[str, Any]:
    parents = [{"sha": parent} for parent in git.parents(sha)]
    return {"sha": sha, "commit": {"message": git.message(sha)}, "parents": parents}


def _release(forge: LocalForge, repository: RepositoryRecord, record: ReleaseRecord) -> dict[str, Any]:
    page = f"{forge.address}/{repository.name}/releases/{record.tag_name}"
    return {**record.model_dump(mode="json"), "html_url": page, "assets": []}


def _asset(record: AssetRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "size": record.size,
        "state": "uploaded",
        "digest": f"sha256:{record.sha256}",
    }


def _found(kept: dict[int, Any], id: int) -> Any:
    if id not in kept:
        raise RefusedError(404, "Not Found")
    return kept[id]


def _page(items: list[Any], asked: Asked) -> list[Any]:
    per_page, page = int(asked.query.get("per_page", 30)), int(asked.query.get("page", 1))
    return items[(page - 1) * per_page : page * per_page]


# Method, path, the right that it takes, the answer, and its status.
ROUTES: Final[tuple[tuple[str, str, str, Callable[[Asked], Any], int], ...]] = (
    ("GET", "commits", "contents", _log, 200),
    ("GET", "commits/{rest}", "contents", _commit, 200),
    ("GET", "compare/{rest}", "contents", _compare, 200),
    ("GET", "tags", "contents", _tags, 200),
    ("GET", "releases", "contents", _list, 200),
    ("POST", "releases", "contents", _create, 201),
    ("PATCH", "releases/{id}", "contents", _change, 200),
    ("DELETE", "releases/{id}", "contents", _delete, 204),
    ("GET", "releases/{id}/assets", "contents", _assets, 200),
    ("POST", "releases/{id}/assets", "contents", _upload, 201),
    ("DELETE", "releases/assets/{id}", "contents", _remove, 204),
    ("POST", "actions/workflows/{word}/dispatches", "actions", _dispatch, 204),
    ("GET", "actions/workflows/{word}/runs", "actions", _runs, 200),
)
