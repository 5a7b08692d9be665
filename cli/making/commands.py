"""`writ generate` and `writ new-bot`: what is written into the source tree."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from rich.text import Text

from cli.making import schemas
from cli.making.generate import differences, generated, write
from cli.making.new_bot import write_bot
from cli.output import JsonFlag, Output, UsageError, reporting
from cli.plane import ROOT
from writ.contracts.schemas import documents

_HINT: Final = "writ generate"


def generate(
    context: typer.Context,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 and list what is stale.")
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="Also make the event schemas the released ones.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write what is made from manifests and contracts: event schemas, reference pages, CODEOWNERS."""
    with reporting(as_json) as output:
        if check and release:
            raise UsageError("--check changes nothing, --release does", field="--release")
        contracts, pages = documents(), generated(context.find_root().command)
        broken = schemas.incompatibilities(contracts, schemas.EVENTS)
        stale = _stale(contracts, pages)
        if not check:
            schemas.write(contracts, schemas.EVENTS)
            write(pages)
        if release and not broken:
            schemas.release(contracts, schemas.EVENTS)
        _show(output, stale, broken, check=check)


def new_bot(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A noun in lower case: probe, say.")],
    as_json: JsonFlag = False,
) -> None:
    """Write a new bot: a folder that works, its runbook, and the pages that name it."""
    with reporting(as_json) as output:
        written = [path.relative_to(ROOT).as_posix() for path in write_bot(name)]
        written += write(generated(context.find_root().command))
        lines = [Text(path) for path in written]
        output.show(
            {"bot": name, "written": written},
            *lines,
            Text(f"next: say in functions/{name}/bot.yaml what it acts on, then make test and make run"),
        )


def _stale(contracts: dict[str, str], pages: dict[str, str]) -> list[str]:
    folder = schemas.EVENTS.relative_to(ROOT).as_posix()
    events = [f"{folder}/{name}" for name in schemas.differences(contracts, schemas.EVENTS)]
    return sorted(events + differences(pages))


def _show(output: Output, stale: list[str], broken: list[str], *, check: bool) -> None:
    what = "differs" if check else "written"
    lines = [Text(f"{what}: {name}") for name in stale]
    lines += [Text(f"✘ {problem}", style="red") for problem in broken]
    output.show(
        {"files": stale, "written": not check, "incompatible": broken},
        *(lines or [Text("every generated file is up to date")]),
    )
    if broken:
        output.note("next: declare a new version of the event; see events/README.md")
    elif check and stale:
        output.note(f"next: {_HINT}")
    if broken or (check and stale):
        output.found_problem()
