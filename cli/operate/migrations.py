"""`writ migrations`: items of tables brought to a new shape and back, by the API."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group

from cli.api import Api
from cli.operate.given import read_object
from cli.output import JsonFlag, Output, facts, reporting, table
from cli.plane import Plane
from cli.progress import Bars
from cli.waiting import is_waiting, show_waiting

app = typer.Typer(no_args_is_help=True, help="Bring items of tables to a new shape, and back.")

MIGRATIONS: Final = "v1/migrations"
_LOOKS_S: Final = 1.0

File = Annotated[Path, typer.Argument(metavar="FILE", help="The migration as JSON.", dir_okay=False)]
Id = Annotated[str, typer.Argument(metavar="MIGRATION", help="The id of a migration.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it stays in evidence.")]
Wait = Annotated[bool, typer.Option("--wait", help="Watch it until it is over, or waits for somebody.")]


@app.command()
def plan(file: File, *, as_json: JsonFlag = False) -> None:
    """Look at what a migration would do: counts every item, shows some in form, and writes none."""
    with reporting(as_json) as output:
        document = read_object(file)
        with Api.of(Plane.load()) as api:
            begun = api.post(MIGRATIONS, {"document": document, "dry_run": True})
            if is_waiting(begun):
                show_waiting(output, "plan", begun)
                return
            found = _watched(api, output, begun["id"])
        output.show(found, Group(_counted(found), _samples(found["samples"])))
        if not _can_begin(found):
            output.found_problem()


@app.command()
def start(file: File, *, wait: Wait = False, as_json: JsonFlag = False) -> None:
    """Begin a migration; `writ migrations show` says how far it is and what it waits for."""
    with reporting(as_json) as output:
        document = read_object(file)
        with Api.of(Plane.load()) as api:
            begun = api.post(MIGRATIONS, {"document": document})
            if is_waiting(begun):
                show_waiting(output, "migration", begun)
                return
            if wait:
                begun = _watched(api, output, begun["id"])
        shown = _whole(begun) if wait else _brief(begun) if "stage" in begun else begun
        output.show(begun, facts("migration", shown))
        _say_who_decides(output, begun)


@app.command("list")
def list_migrations(*, as_json: JsonFlag = False) -> None:
    """Migrations, open and over, and dry runs."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        items = list(api.items(MIGRATIONS, 1000))
        columns = ("=migration", "service", "table", "state", "stage", "writes", "reads", ">done")
        rows = [
            (i["id"], i["service"], i["table"], i["state"], i["stage"], i["writes"], i["reads"], _done(i))
            for i in items
        ]
        output.show({"items": items}, table(None, columns, rows))


@app.command()
def show(migration: Id, *, as_json: JsonFlag = False) -> None:
    """How far a migration is, what it waits for, and what taking it back would mean."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = api.get(f"{MIGRATIONS}/{migration}")
        output.show(found, Group(facts("migration", _whole(found)), _stages(found["stages"])))
        _say_who_decides(output, found)


@app.command()
def watch(migration: Id, *, as_json: JsonFlag = False) -> None:
    """Watch a migration until it is over, or waits for somebody."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = _watched(api, output, migration)
        output.show(found, facts("migration", _whole(found)))
        _say_who_decides(output, found)


@app.command()
def pause(migration: Id, *, reason: Why, as_json: JsonFlag = False) -> None:
    """Stop a migration where it is; once this is answered no item is written."""
    _tell(migration, "pause", reason, as_json)


@app.command()
def resume(migration: Id, *, reason: Why, as_json: JsonFlag = False) -> None:
    """Let a migration go on from where it is."""
    _tell(migration, "resume", reason, as_json)


@app.command()
def abort(migration: Id, *, reason: Why, as_json: JsonFlag = False) -> None:
    """End a migration where it is, and leave what was done."""
    _tell(migration, "abort", reason, as_json)


@app.command()
def reverse(migration: Id, *, reason: Why, as_json: JsonFlag = False) -> None:
    """Take a migration back by the steps that it declares as reversible, also after its end."""
    _tell(migration, "reverse", reason, as_json)


def _can_begin(found: dict[str, Any]) -> bool:
    """Whether a migration would come past its survey."""
    counts, document = found["counts"] or {}, found["document"]
    guards, undone = document["guards"], document["reverse"]["backfill"] == "undo"
    return not (
        (undone and counts.get("occupied", 0))
        or counts.get("unfit", 0) > guards["max_unfit"]
        or counts.get("scanned", 0) > guards["max_items"]
    )


def _tell(migration: str, what: str, reason: str, as_json: bool) -> None:
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        answer = api.post(f"{MIGRATIONS}/{migration}/{what}", {"reason": reason})
        if is_waiting(answer):
            show_waiting(output, f"{what} {migration}", answer)
        else:
            output.show(answer, facts("asked for", _brief(answer) if "stage" in answer else answer))


def _watched(api: Api, output: Output, id: str) -> Any:
    """Follow a migration with a bar a stage; until it is over, halted, or waits for a person."""
    with Bars(output) as bars:
        while True:
            found = api.get(f"{MIGRATIONS}/{id}")
            progress = found["progress"]
            held = found["next"]["held"]
            what = f"{found['stage']}, held by {held['code']}" if held else found["stage"]
            bars.step(f"{id}: {what}", progress["done"] or 0, progress["items"] or 0)
            if found["state"] not in ("running", "reversing") or _for_a_person(found):
                return found
            time.sleep(_LOOKS_S)


def _for_a_person(found: dict[str, Any]) -> bool:
    """Whether the next step of a migration is one that a person decides."""
    held = found["next"]["held"]
    return held is not None and held["verdict"] == "review"


def _say_who_decides(output: Output, found: dict[str, Any]) -> None:
    if found.get("next") and _for_a_person(found):
        reason = found["next"]["reason"]
        output.note(f"it waits for a person ({reason}): writ actions list --bot migration --state waiting,")
        output.note("then: writ actions approve ACTION --reason …")


def _done(found: dict[str, Any]) -> str:
    progress = found["progress"]
    if found["ended_at"] or progress["done"] is None:
        return ""
    return f"{progress['done']:,} of {progress['items']:,}" if progress["items"] else f"{progress['done']:,}"


def _brief(found: dict[str, Any]) -> dict[str, object]:
    return {
        "migration": found["id"],
        "table": found["table"],
        "state": found["state"],
        "stage": found["stage"],
        "written": {"old": "the old shape", "both": "both shapes", "new": "the new shape"}[found["writes"]],
        "read": f"the {found['reads']} shape",
    }


def _whole(found: dict[str, Any]) -> dict[str, object]:
    way, pause, counts = found["way_back"], found["pause"], found["counts"]
    return {
        **_brief(found),
        "next": found["next"]["reason"],
        "until": found["next"]["until"],
        **_held(found["next"]["held"]),
        "halted": None if pause is None else f"{pause['code'] or 'paused'}: {pause['reason']}",
        "pass": found["pass"],
        "items": None if counts is None else _figures(counts),
        "unread": "; ".join(found["unfit"]) or None,
        "time left": None if not found["progress"]["seconds"] else f"{found['progress']['seconds']} s",
        "old version": "can read it" if found["old_version_can_read"] else "cannot read it",
        "way back": way["refused"] or ", ".join(way["stages"]) or "nothing to take back",
    }


def _held(held: dict[str, Any] | None) -> dict[str, object]:
    """Why policy does not let it go on, or not without a person."""
    if held is None:
        return {}
    word = {"deny": "denied", "review": "waits for a person"}.get(held["verdict"], "not decided")
    return {word: f"{held['code']}: {held['message']}"}


def _figures(counts: dict[str, Any]) -> str:
    return ", ".join(f"{value:,} {name}" for name, value in counts.items() if value) or "none yet"


_MEANS: Final = {
    "scanned": "items in the table",
    "changed": "would be changed",
    "same": "are of the new shape already",
    "unfit": "cannot be read by a change",
    "occupied": "have an attribute of the new shape",
}


def _counted(found: dict[str, Any]) -> Any:
    counts = found["counts"] or dict.fromkeys(_MEANS, 0)
    title = f"{found['table']}: nothing was written"
    rows = [(f"{counts[name]:,}", means) for name, means in _MEANS.items()]
    rows += [("", f"because {reason}") for reason in found["unfit"]]
    return table(title, (">items", "what"), rows)


def _samples(samples: list[dict[str, Any]]) -> Any:
    rows = []
    for number, sample in enumerate(samples, 1):
        for name in sorted({*sample["before"], *sample["after"]}):
            before, after = sample["before"].get(name, "–"), sample["after"].get(name, "–")
            rows.append((number, name, before, after))
    return table("samples, letters and digits masked", (">#", "attribute", "before", "after"), rows)


def _stages(stages: list[dict[str, Any]]) -> Any:
    columns = ("stage", "=at", "=ended", "what came of it", "=action")
    rows = [
        (
            mark["stage"],
            str(mark["at"])[11:19],
            str(mark["ended_at"] or "…")[11:19],
            "" if mark["counts"] is None else _figures(mark["counts"]),
            mark["action"],
        )
        for mark in stages
    ]
    return table(None, columns, rows)
