"""`writ forge`: what came of bots' work in the local forge, pull request by pull request."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from cli.gates.checkout import Checkout
from cli.localforge.process import ForgeProcess
from cli.output import CommandError, JsonFlag, UsageError, counted, facts, reporting, table, visible

app = typer.Typer(
    no_args_is_help=True,
    help="Look at the local forge: a test tool that stands for GitHub beside the local plane.",
)
RepositoryName = Annotated[str, typer.Argument(metavar="REPOSITORY", help="Owner and name: acme/shop.")]
Number = Annotated[
    int | None,
    typer.Argument(metavar="NUMBER", min=1, help="The pull request's number; all there is if absent."),
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The checkout, or any folder.")]
Message = Annotated[str, typer.Option(help="What the commit says.")]
Tag = Annotated[str, typer.Argument(metavar="TAG", help="The release's tag: v4.2.0.")]
DaysAgo = Annotated[int, typer.Option(min=0, max=3650, help="How many days ago it was published.")]
Notes = Annotated[str, typer.Option(help="What its page says, in Markdown.")]
_LOOKS: Final = {"success": "green", "failure": "red", "action_required": "yellow"}
_REMARKS: Final = 20
_SHOWN: Final = ("repository", "number", "title", "state", "comments", "check_runs")
_COLUMNS: Final = ("repository", ">number", "title", "state", ">comments", ">check runs")


@app.command("list")
def list_pulls(as_json: JsonFlag = False) -> None:
    """Pull requests, with their comments and check runs counted."""
    with reporting(as_json) as output:
        found = [summary(record, pull) for record in ForgeProcess().seen() for pull in _pulls(record)]
        rows = [tuple(item[name] for name in _SHOWN) for item in found]
        output.show({"items": found}, table("", _COLUMNS, rows) if rows else "no pull requests")


@app.command()
def show(repository: RepositoryName, number: Number = None, as_json: JsonFlag = False) -> None:
    """One pull request with comments, check runs and annotations; without a number, the repository."""
    with reporting(as_json) as output:
        record = _record(repository)
        if number is None:
            output.show(*_whole(record))
            return
        pull = next((pull for pull in _pulls(record) if pull["number"] == number), None)
        if pull is None:
            raise CommandError(
                f"{repository} has no pull request {number}", code="forge.absent", field="NUMBER"
            )
        document = {
            **summary(record, pull),
            "body": pull["body"],
            "comments": _comments(record, pull),
            "check_runs": _checks(record, pull),
            "statuses": [s for s in record["statuses"] if s["sha"] == pull["head_sha"]],
            "refs": record["refs"],
        }
        output.show(document, _picture(document, pull))


@app.command()
def push(
    repository: RepositoryName,
    folder: Folder = Path(),
    message: Message = "chore: push",
    as_json: JsonFlag = False,
) -> None:
    """Have the default branch of a repository be a checkout's files; it is made where there is none."""
    with reporting(as_json) as output:
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder", field="DIR")
        checkout = Checkout(folder)
        paths = [path for path in checkout.paths() if not (folder / path).is_symlink()]
        read = {path: checkout.read_text(path) for path in paths}
        files = {path: content for path, content in read.items() if content is not None}
        for path in sorted(set(checkout.paths()) - files.keys()):
            output.note(f"left out: {path}, which is no file in UTF-8")
        if not files:
            raise UsageError("there is nothing to push", field="DIR")
        executable = [path for path in files if os.access(folder / path, os.X_OK)]
        pushed = ForgeProcess().push_all(repository, files, executable, message)
        told = {"repository": repository, "commit": pushed.commit, "git": str(pushed.folder)}
        output.show(told, facts(f"{counted(len(files), 'file')} pushed", told))


@app.command()
def release(
    repository: RepositoryName,
    tag: Tag,
    days_ago: DaysAgo = 0,
    notes: Notes = "",
    as_json: JsonFlag = False,
) -> None:
    """Have somebody else's release there, in a public repository: what workflows pin by its commit."""
    with reporting(as_json) as output:
        published = datetime.now(UTC) - timedelta(days=days_ago)
        commit = ForgeProcess().release(repository, tag, published, notes)
        told = {"repository": repository, "tag": tag, "commit": commit, "published_at": published.isoformat()}
        output.show(told, facts(f"{repository} {tag}", {"published": told["published_at"]}))
        output.verbatim(f"uses: {repository}@{commit} # {tag}")


def _whole(record: Mapping[str, Any]) -> tuple[dict[str, Any], RenderableType]:
    """A repository: its pull requests, releases, statuses of commits, the newest last, and its refs."""
    pulls = [summary(record, pull) for pull in _pulls(record)]
    document = {
        "repository": record["name"],
        "pulls": pulls,
        "releases": list(record["releases"].values()),
        "statuses": record["statuses"],
        "refs": record["refs"],
    }
    parts = [
        table("pull requests", _COLUMNS[1:], [tuple(pull[name] for name in _SHOWN[1:]) for pull in pulls]),
        *_releases(record),
        *_statuses(record["statuses"]),
        _refs(record["refs"]),
    ]
    return document, Group(*(parts if pulls else parts[1:]))


def summary(record: Mapping[str, Any], pull: Mapping[str, Any]) -> dict[str, Any]:
    """A pull request in one line."""
    return {
        "repository": record["name"],
        "number": pull["number"],
        "title": pull["title"],
        "state": "merged" if pull["merged"] else pull["state"],
        "comments": len(_comments(record, pull)),
        "check_runs": len(_checks(record, pull)),
    }


def remarks(record: Mapping[str, Any], pull: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """What check runs say of lines: the check, the place, the level, and what it is called."""
    return [
        (check["report"]["name"], *_place_and_level(remark), remark.get("title") or remark["message"])
        for check in _checks(record, pull)
        for remark in check["annotations"]
    ]


def comments_of(repository: str, number: int) -> list[str]:
    """What is said on a pull request. Raises CommandError where it is not there."""
    record = _record(repository)
    return [
        comment["body"]
        for pull in _pulls(record)
        if pull["number"] == number
        for comment in _comments(record, pull)
    ]


def _record(repository: str) -> Mapping[str, Any]:
    for record in ForgeProcess().seen():
        if record["name"].lower() == repository.lower():
            return record
    raise CommandError(
        f"the local forge has no {repository}",
        code="forge.absent",
        field="REPOSITORY",
        hint="./writ forge list",
    )


def _pulls(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [pull for _, pull in sorted(record["pulls"].items(), key=lambda item: int(item[0]))]


def _comments(record: Mapping[str, Any], pull: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [comment for comment in record["comments"].values() if comment["pull"] == pull["number"]]


def _checks(record: Mapping[str, Any], pull: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The newest of each name, as GitHub shows them."""
    runs = sorted(record["checks"].values(), key=lambda check: int(check["id"]))
    newest = {check["report"]["name"]: check for check in runs if check["head_sha"] == pull["head_sha"]}
    return list(newest.values())


def _check(check: Mapping[str, Any]) -> list[RenderableType]:
    report = check["report"]
    word, output = str(report.get("conclusion") or report.get("status")), report["output"]
    parts: list[RenderableType] = [
        Text(visible(f"\ncheck {report['name']}: {word}"), style=f"bold {_LOOKS.get(word, '')}"),
        Text(visible(str(output.get("title") or ""))),
        _markdown(str(output.get("summary") or "")),
    ]
    remarks = [
        (*_place_and_level(a), f"{a.get('title', '')}\n{a['message']}")
        for a in check["annotations"][:_REMARKS]
    ]
    if remarks:
        parts += [table("annotations", ("place", "=level", "what is said"), remarks)]
    if len(check["annotations"]) > _REMARKS:
        parts += [Text(f"and {len(check['annotations']) - _REMARKS} more: --json has them all", style="dim")]
    return parts


def _place_and_level(remark: Mapping[str, Any]) -> tuple[str, str]:
    return f"{remark['path']}:{remark['start_line']}", str(remark["annotation_level"])


def _markdown(text: str) -> RenderableType:
    return Padding(Markdown(visible(text), hyperlinks=False), (0, 0, 0, 2))


def _picture(document: Mapping[str, Any], pull: Mapping[str, Any]) -> RenderableType:
    parts: list[RenderableType] = [
        facts(
            f"{document['repository']}#{pull['number']}",
            {
                "title": pull["title"],
                "state": document["state"],
                "head": f"{pull['head']} {pull['head_sha'][:12]}",
                "base": pull["base"],
                "labels": ", ".join(pull["labels"]) or "none",
            },
        )
    ]
    if pull["body"]:
        parts += [_markdown(f"\n{pull['body']}")]
    for check in document["check_runs"]:
        parts += _check(check)
    for comment in document["comments"]:
        parts += [Text(f"\ncomment {comment['id']}, {comment['updated_at'][:19]}Z", style="bold")]
        parts += [_markdown(comment["body"])]
    parts += [*_statuses(document["statuses"]), _refs(document["refs"])]
    return Group(*parts)


def _releases(record: Mapping[str, Any]) -> list[RenderableType]:
    rows = [
        (
            each["tag_name"],
            "draft" if each["draft"] else "pre-release" if each["prerelease"] else "published",
            (each["published_at"] or "")[:16].replace("T", " "),
            ", ".join(file["name"] for file in record["assets"].values() if file["release"] == each["id"]),
        )
        for each in record["releases"].values()
    ]
    return [table("\nreleases", ("tag", "=state", "published", "files"), rows)] if rows else []


def _statuses(found: Sequence[Mapping[str, Any]]) -> list[RenderableType]:
    rows = [(each["sha"][:12], each["context"], each["state"], each["description"]) for each in found]
    return [table("\nstatuses", ("commit", "=context", "state", "description"), rows)] if rows else []


def _refs(refs: Mapping[str, str]) -> RenderableType:
    return table("\nrefs", ("ref", "commit"), [(name, sha[:12]) for name, sha in refs.items()])
