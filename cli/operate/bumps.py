"""`writ bumps`: newer versions of what repositories depend on, as the plane proposes or a checkout has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from cli import indexes
from cli.api import Api
from cli.gates.checkout import Checkout
from cli.in_order import in_order
from cli.operate.resolving import Tools
from cli.output import CommandError, JsonFlag, Output, UsageError, reporting, table
from cli.plane import ROOT, Plane
from cli.progress import Bars
from writ.dependencies.candidates import Circumstances
from writ.dependencies.editing import edited
from writ.dependencies.model import Group, Held, Update
from writ.dependencies.reading import inventory, wanted
from writ.dependencies.resolving import Resolved, as_far_as_possible, resolved
from writ.dependencies.settings import FILE, DependencySettings, read_settings
from writ.dependencies.survey import Survey, look_over
from writ.gates.tree import text
from writ.policy.bundle import Bundle

app = typer.Typer(no_args_is_help=True, help="Newer versions of what repositories depend on.")

BUMPS: Final = "v1/bumps"
RepositoryName = Annotated[str, typer.Argument(metavar="REPOSITORY", help="Owner and name: acme/shop.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The checkout to look at.")]
Pypi = Annotated[
    str | None, typer.Option(help="A simple index of Python packages; the one that pip asks if absent.")
]
Npm = Annotated[str | None, typer.Option(help="A registry of npm packages; the one that npm asks if absent.")]
Write = Annotated[
    str | None, typer.Option(metavar="GROUP", help="Write this group into the checkout's files.")
]


Resolve = Annotated[
    bool,
    typer.Option("--resolve", help="Have uv and npm make its locks anew, with what was withheld for that."),
]


@app.command("list")
def list_bumps(as_json: JsonFlag = False) -> None:
    """The latest bump of every group, by repository."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items(BUMPS, 10_000))
        columns = ("repository", "=group", ">pull request", "state", ">steps", "opened", "why")
        rows = [
            (
                each["repository"],
                each["group"],
                each["pull_request"] or "",
                _state(each),
                len(each["steps"]),
                each["opened_at"][:10],
                "early fix" if each["early"] else "security" if each["security"] else "regular",
            )
            for each in found
        ]
        output.show({"items": found}, table(None, columns, rows) if rows else "no bumps yet")


@app.command()
def show(repository: RepositoryName, as_json: JsonFlag = False) -> None:
    """What is proposed, tried, held and withheld in a repository."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = api.get(f"{BUMPS}/{repository}")
        output.show(found, *_dashboard(found))


@app.command()
def plan(
    folder: Folder = Path(),
    *,
    pypi: Pypi = None,
    npm: Npm = None,
    write: Write = None,
    resolve: Resolve = False,
    as_json: JsonFlag = False,
) -> None:
    """What would be proposed for a checkout now, and what is held, by which rule; needs no plane."""
    with reporting(as_json) as output:
        checkout = Checkout(folder)
        files = {path: found for path in wanted(checkout.paths()) if (found := checkout.read_text(path))}
        settings = _settings(checkout)
        addresses = indexes.Addresses(pypi, npm)
        survey = _survey(files, settings, addresses)
        output.show(document(survey), *_pictures(survey))
        if write is not None:
            group = _chosen(survey, write, whole=resolve)
            changed = _changed(files, group, settings, addresses, output, resolve=resolve)
            for path in _write(folder, changed.files):
                output.note(f"written: {path}")
            for step, why in changed.left_out.items():
                output.note(f"left out: {step}, which does not go with the rest: {why}")


def document(survey: Survey) -> dict[str, Any]:
    """A survey for programs."""
    return {
        "groups": [_group(each) for each in survey.groups],
        "withheld": dict(survey.withheld),
        "held": [_held(each) for each in survey.held],
        "unread": dict(survey.unread),
    }


def floor(policies: Path = ROOT / "policies") -> timedelta:
    """The shortest cooldown that policy lets anybody have."""
    return timedelta(hours=Bundle.load(policies).data["dependencies"]["cooldown_hours"])


def _settings(checkout: Checkout) -> DependencySettings:
    written = checkout.read(FILE)
    return DependencySettings() if written is None else read_settings(text(written) or "")


def _survey(files: Mapping[str, str], settings: DependencySettings, addresses: indexes.Addresses) -> Survey:
    used = {use.package.ecosystem for use in inventory(files).uses}
    registry = indexes.registries(addresses, used)
    given = Circumstances(settings, datetime.now(UTC), floor=floor())
    return look_over(files, registry, given, in_order)


def _chosen(survey: Survey, name: str, *, whole: bool) -> Group:
    group = survey.of(name, whole=whole)
    if group is None:
        names = ", ".join(each.name for each in (survey.whole if whole else survey.groups)) or "none"
        raise UsageError(f"there is no group {name}; there are: {names}", field="--write")
    return group


def _changed(
    files: Mapping[str, str],
    group: Group,
    settings: DependencySettings,
    addresses: indexes.Addresses,
    output: Output,
    *,
    resolve: bool,
) -> Resolved:
    if not resolve:
        return Resolved(edited(files, group.updates), {})
    registry = indexes.registries(addresses, {update.package.ecosystem for update in group.updates})
    before = datetime.now(UTC) - max(settings.cooldown, floor())

    with Bars(output) as bars:

        def resolved_with(updates: Sequence[Update]) -> dict[str, str]:
            whole = len(updates) == len(group.updates)
            bars.step(f"resolving {group.name if whole else updates[-1].id}")
            return resolved(files, updates, Tools(addresses), registry, before)

        return as_far_as_possible(group.updates, resolved_with)


def _write(folder: Path, changed: Mapping[str, str]) -> Sequence[str]:
    for path, written in changed.items():
        try:
            (folder / path).write_bytes(written.encode())
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}", code="bump.unwritten") from None
    return sorted(changed)


def _group(group: Group) -> dict[str, Any]:
    return {
        "group": group.name,
        "branch": group.branch,
        "security": group.security,
        "early": group.early,
        "steps": [
            {
                "package": update.package.key,
                "from": update.current,
                "to": update.release.version,
                "change": update.change.word,
                "published_at": published.isoformat() if (published := update.release.published_at) else None,
                "files": sorted({use.path for use in update.uses}),
            }
            for update in group.updates
        ],
    }


def _held(each: Held) -> dict[str, Any]:
    return {
        "package": each.package.key,
        "from": each.current,
        "version": each.version,
        "code": each.code,
        "reason": each.reason,
        "until": each.until.isoformat() if each.until else None,
    }


def _pictures(survey: Survey) -> list[RenderableType]:
    steps = [
        (group.name, u.package.key, u.current, u.release.version, u.change.word, _age(u.release.published_at))
        for group in survey.groups
        for u in group.updates
    ]
    found: list[RenderableType] = [
        table("proposed", ("=group", "=package", "from", "to", "step", ">age"), steps)
        if steps
        else "nothing to propose"
    ]
    if survey.withheld:
        found.append(table("\nwithheld", ("=what", "why"), sorted(survey.withheld.items())))
    if survey.held:
        rows = [(h.package.key, h.current, h.version, h.code, h.reason) for h in survey.held]
        found.append(table("\nheld", ("=package", "from", "to", "=rule", "why"), rows))
    if survey.unread:
        found.append(table("\nnot read", ("=file", "why"), sorted(survey.unread.items())))
    return found


def _age(published: datetime | None) -> str:
    return f"{(datetime.now(UTC) - published).days} d" if published else ""


def _state(each: Mapping[str, Any]) -> str:
    tried = each["shown"] < len(each["steps"]) and each["state"] == "open"
    return f"tries {each['shown']} of {len(each['steps'])}" if tried else str(each["state"])


def _dashboard(found: Mapping[str, Any]) -> list[RenderableType]:
    overview: Mapping[str, Any] = found["overview"]
    parts: list[RenderableType] = []
    if problem := overview.get("problem"):
        parts.append(f"not looked over: {problem}")
    rows = [
        (each["group"], step, each["pull_request"] or "", _state(each))
        for each in found["bumps"]
        for step in each["steps"]
    ]
    parts.append(
        table("bumps", ("=group", "=step", ">pull request", "state"), rows) if rows else "no bumps yet"
    )
    if found["held_back"]:
        bad = [(each["step"], ", ".join(each["together"]) or "alone") for each in found["held_back"]]
        parts.append(table("\nmade checks fail", ("=step", "together with"), bad))
    for title in ("stuck", "waiting", "withheld", "held", "unread"):
        lines = [(each["what"], each["code"], each["why"]) for each in overview.get(title, ())]
        if lines:
            parts.append(table(f"\n{title}", ("=what", "=rule", "why"), lines))
    return parts
