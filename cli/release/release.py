"""`writ release`: what the next release of a checkout is, why, and how it is told; no plane is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import yaml

from cli import moments
from cli.output import CommandError, JsonFlag, UsageError, reporting
from cli.release import views
from writ.adapters.git_history import GitHistory
from writ.release.changelog import with_release
from writ.release.links import Links
from writ.release.notes import Entry, changelog_section, entries, release_notes
from writ.release.packages import changes_of
from writ.release.plan import Plan, earlier, plan_release
from writ.release.settings import FILE, ReleaseSettings, read_settings
from writ.release.versions import LINES, Bump, Line, write_version

_LARGEST: Final = 1_000_000

app = typer.Typer(no_args_is_help=True, help="The next release of a checkout: version, notes, changelog.")

Repo = Annotated[Path, typer.Option("--repo", metavar="DIR", help="A folder in the repository.")]
Package = Annotated[str | None, typer.Option("--package", help="One of several packages; else each of them.")]
Pre = Annotated[str | None, typer.Option("--pre", metavar="LINE", help="A pre-release: alpha, beta or rc.")]
AtLeast = Annotated[
    str | None,
    typer.Option("--at-least", metavar="BUMP", help="patch, minor or major, though commits call for less."),
]
Everything = Annotated[bool, typer.Option("--all", help="Also the commits that call for nothing.")]
Write = Annotated[bool, typer.Option("--write", help="Write it into the file, rather than print it.")]
Day = Annotated[
    str | None,
    typer.Option("--date", metavar="YYYY-MM-DD", help="The day of the release; else today in UTC."),
]


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout's settings, the plan of each package that was asked for, and where its pages are."""

    root: Path
    settings: ReleaseSettings
    plans: tuple[Plan, ...]
    links: Links | None

    def tags(self, plan: Plan) -> tuple[str | None, str | None]:
        """The tags that the notes compare: a pre-release with the newest, a release with the last."""
        before = plan.earlier.newest if plan.version and plan.version.prerelease else plan.earlier.last
        return (before.tag if before else None), plan.tag

    def written(self, plan: Plan) -> str | None:
        return None if plan.version is None else write_version(plan.version, self.settings.scheme)


@app.command()
def plan(
    *,
    repo: Repo = Path(),
    package: Package = None,
    pre: Pre = None,
    at_least: AtLeast = None,
    everything: Everything = False,
    as_json: JsonFlag = False,
) -> None:
    """The next version, and what each commit does for it; also that nothing is to be released."""
    with reporting(as_json) as output:
        found = _read(repo, package, pre, at_least)
        documents = [views.document(each, found.written(each), found.settings) for each in found.plans]
        output.show(
            {"items": documents} if found.settings.packages and package is None else documents[0],
            *(views.plan(each, found.written(each), found.settings, everything) for each in found.plans),
        )


@app.command()
def notes(
    *,
    repo: Repo = Path(),
    package: Package = None,
    pre: Pre = None,
    at_least: AtLeast = None,
    as_json: JsonFlag = False,
) -> None:
    """The notes of the next release as Markdown, what breaks first."""
    with reporting(as_json) as output:
        found = _read(repo, package, pre, at_least)
        told = []
        for each in _released(found):
            text = release_notes(_entries(each), found.links, found.tags(each))
            told.append(
                {"package": each.package, "version": found.written(each), "tag": each.tag, "notes": text}
            )
        if as_json:
            output.show({"items": told} if len(told) > 1 else told[0])
            return
        for number, item in enumerate(told):
            heading = f"# {item['package']} {item['version']}\n\n" if len(told) > 1 else ""
            typer.echo(("\n" if number else "") + heading + str(item["notes"]), nl=False)


@app.command()
def changelog(
    *,
    repo: Repo = Path(),
    package: Package = None,
    pre: Pre = None,
    at_least: AtLeast = None,
    write: Write = False,
    day: Day = None,
    as_json: JsonFlag = False,
) -> None:
    """The next release's section of the changelog; --write puts it into the file, and keeps the rest."""
    with reporting(as_json) as output:
        when = moments.day(day, "--date")
        found = _read(repo, package, pre, at_least)
        made = []
        for each in _released(found):
            version = found.written(each) or ""
            section = changelog_section(version, when, _entries(each), found.links, found.tags(each))
            place = found.root / found.settings.changelog_of(each.package)
            made.append((each, version, section, place, with_release(_text(place), version, section)))
        documents: list[dict[str, Any]] = []
        for each, version, section, place, text in made:
            changed = write and text != _text(place)
            if changed:
                _put(place, text)
            file = place.relative_to(found.root).as_posix()
            documents.append(
                {
                    "package": each.package,
                    "version": version,
                    "file": file,
                    "written": changed,
                    "section": section,
                }
            )
            if write and not as_json:
                output.note(
                    f"{file}: {version} {'added' if changed else 'is there already, nothing changed'}"
                )
            elif not as_json:
                typer.echo(section, nl=False)
        if as_json:
            output.show({"items": documents} if len(documents) > 1 else documents[0])


def _read(repo: Path, package: str | None, pre: str | None, at_least: str | None) -> Checkout:
    line, least = _line(pre), _bump(at_least)
    with GitHistory.open(repo) as history:
        settings = settings_of(history.root)
        names = [each.name for each in settings.packages]
        if package is not None and package not in names:
            near = f"one of {', '.join(names)}" if names else "no package: the repository has one"
            raise UsageError(f"{FILE} knows no package {package}", hint=f"give {near}", field="--package")
        wanted: list[str | None] = [package] if package else [*names] or [None]
        links = Links.of(settings.url or history.remote() or "")
        plans = tuple(_plan(history, settings, name, line, least) for name in wanted)
        return Checkout(history.root, settings, plans, links)


def _plan(
    history: GitHistory, settings: ReleaseSettings, name: str | None, line: Line | None, least: Bump
) -> Plan:
    head, tags = history.head(), history.tags()
    reached = history.reached(head)
    before = earlier([tag for tag, sha in tags.items() if sha in reached], settings.pattern, name)
    changes = history.changes(head, tags[before.last.tag] if before.last else None, files=name is not None)
    if name is not None:
        (own,) = (each for each in settings.parts if each.name == name)
        changes = [*changes_of(own, changes, settings.parts)]
    newest = before.prereleases[-1] if before.prereleases else None
    return plan_release(
        changes,
        before,
        settings.effective,
        settings.pattern,
        package=name,
        line=line,
        at_least=least,
        fresh=None if newest is None else history.reached(head, without=[tags[newest.tag]]),
        taken=tags,
    )


def _released(found: Checkout) -> list[Plan]:
    """The plans that release something. Raises CommandError that says why none does."""
    plans = [each for each in found.plans if each.version is not None]
    if not plans:
        raise CommandError(
            f"nothing is to be released: {found.plans[0].why}",
            hint="see `writ release plan --all`, or ask for one with `--at-least patch`",
            code="release.nothing",
        )
    return plans


def _entries(each: Plan) -> tuple[Entry, ...]:
    return entries(each.effects)


def settings_of(root: Path) -> ReleaseSettings:
    """What a checkout says of its releases. Raises CommandError for what does not read."""
    text = _text(root / FILE)
    try:
        return read_settings(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise CommandError(f"{FILE}: {' '.join(str(error).split())}", field=FILE) from None


def _text(path: Path) -> str:
    """A file as it is, line ends too; empty where there is none."""
    try:
        if not path.exists():
            return ""
        if path.stat().st_size > _LARGEST:
            raise CommandError(f"{path.name} has more than {_LARGEST:,} bytes", field=path.name)
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise CommandError(f"{path.name} cannot be read: {error}", field=path.name) from None


def _put(path: Path, text: str) -> None:
    """Replace a file as a whole: who reads it meanwhile sees one or the other."""
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise CommandError(f"{path.name} cannot be written: {error}", field=path.name) from None


def _line(text: str | None) -> Line | None:
    if text is None:
        return None
    for line in LINES:
        if text == line:
            return line
    raise UsageError(f"{text} is no pre-release line", hint=f"give {', '.join(LINES)}", field="--pre")


def _bump(text: str | None) -> Bump:
    words = {bump.word: bump for bump in (Bump.PATCH, Bump.MINOR, Bump.MAJOR)}
    if text is None:
        return Bump.NONE
    if text not in words:
        raise UsageError(f"{text} is no bump", hint=f"give {', '.join(words)}", field="--at-least")
    return words[text]
