"""`writ demo`: shows, on a copy, what the ledger is for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.demo.canary import canary
from cli.demo.gates import gates
from cli.demo.preview import preview
from cli.demo.sdk import sdk
from cli.ledger.copying import COPIES
from cli.ledger.log_source import copy_log
from cli.ledger.tamper import Demonstration, demonstrate
from cli.login import sign_in_as
from cli.output import JsonFlag, facts, reporting, table
from cli.plane import Plane
from cli.progress import Bars

app = typer.Typer(no_args_is_help=True, help="Demonstrations on the local plane.")


@app.callback()
def demonstrations() -> None:
    """Demonstrations on the local plane."""


app.command("canary")(canary)
app.command("gates")(gates)
app.command("preview")(preview)
app.command("sdk")(sdk)


@app.command()
def person(
    name: Annotated[str, typer.Argument(help="What the person is called.")], as_json: JsonFlag = False
) -> None:
    """A token of somebody else: `WRIT_TOKEN=$(./writ demo person maria) ./writ actions approve …`.

    What asks for a second person can so be tried alone. The account is made, on the local plane only.
    """
    with reporting(as_json) as output:
        token = sign_in_as(Plane.load(), name)
        output.show({"name": name, "token": token})
        if not as_json:
            typer.echo(token)  # whole, for it goes into a variable


@app.command()
def tamper(
    entry: Annotated[str | None, typer.Option(help="The entry to edit; one in the middle if absent.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Edit one entry in a copy of the log, and see verification name exactly that leaf."""
    with reporting(as_json) as output:
        plane = Plane.load()
        with Bars(output) as bars:
            original = copy_log(plane, COPIES / plane.file.env, bars)
            bars.step("editing one entry of a copy, and verifying it")
            shown = demonstrate(original.folder, entry=entry)
        output.show(_document(shown), _picture(shown))
        if not shown.named:
            output.found_problem()


def _document(shown: Demonstration) -> dict[str, object]:
    return {
        "named": shown.named,
        "forgery": asdict(shown.forgery),
        "findings": [asdict(finding) for finding in shown.findings],
        "copy": str(shown.copy),
    }


def _picture(shown: Demonstration) -> RenderableType:
    forgery = shown.forgery
    rows = [
        ("" if f.index is None else f.index, f.entry, f.code, f.message)
        for f in shown.findings
        if f.severity == "fault"
    ]
    verdict = (
        Text.assemble(("✔ ", "bold green"), f"verification names leaf {forgery.index} and no other")
        if shown.named
        else Text.assemble(("✘ ", "bold red"), "verification does not name exactly the edited leaf")
    )
    return Group(
        facts(
            "edited, in a copy",
            {
                "leaf": forgery.index,
                "entry": forgery.entry,
                "field": forgery.field,
                "was": forgery.before,
                "now": forgery.after,
            },
        ),
        table("\nverification of that copy", (">leaf", "=entry", "code", "what is wrong"), rows),
        Text(""),
        verdict,
        Text(f"  copy: {shown.copy}", style="dim"),
    )
