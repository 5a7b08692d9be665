"""`writ flows`: what takes long, how far it is, and another attempt at what came to no end."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group

from cli.operate import flow_runs
from cli.output import JsonFlag, facts, reporting, table
from cli.plane import Plane

app = typer.Typer(no_args_is_help=True, help="What takes long: runs of flows, and what became of them.")

_SHOWN = 12
RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's name, as `writ flows list` shows it.")]


@app.command("list")
def list_runs(
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only runs that came to no good end.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Runs of the last 90 days, the newest first."""
    with reporting(as_json) as output:
        found = flow_runs.runs(Plane.load(), limit)
        fine = (flow_runs.RUNNING, flow_runs.SUCCEEDED)
        shown = [run for run in found if not (failed and run.state in fine)]
        rows = [
            (run.started.isoformat()[:19], run.flow, run.state, _seconds(run), run.execution) for run in shown
        ]
        columns = ("started", "flow", "state", ">seconds", "=run")
        output.show({"items": [run.document() for run in shown]}, table(None, columns, rows))


@app.command()
def show(run: RunName, as_json: JsonFlag = False) -> None:
    """One run: what it was given, where it is, and why it failed."""
    with reporting(as_json) as output:
        plane = Plane.load()
        told = flow_runs.story(plane, flow_runs.find(plane, run))
        steps = [{"at": at.isoformat(), "state": state} for at, state in told.states]
        document = {
            **told.run.document(),
            "input": told.given,
            "code": told.code,
            "message": told.message,
            "steps": steps,
        }
        rows = [(at.isoformat()[:19], state) for at, state in told.states[-_SHOWN:]]
        about = {**told.run.document(), "code": told.code, "message": told.message, "steps": len(steps)}
        output.show(document, Group(facts(run, about), table("the last of them", ("at", "state"), rows)))


@app.command("start-again")
def start_again(run: RunName, as_json: JsonFlag = False) -> None:
    """Make another attempt at what a run did not bring to its end; what it has done is not done twice."""
    with reporting(as_json) as output:
        name = flow_runs.start_again(Plane.load(), run)
        output.show({"run": name}, f"started {name}\nnext: writ flows show {name}")


def _seconds(run: flow_runs.Run) -> str:
    return "" if run.ended is None else f"{(run.ended - run.started).total_seconds():.0f}"
