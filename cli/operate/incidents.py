"""`writ incidents`: releases that had to be taken back, by the API."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group

from cli.api import Api
from cli.operate.canary_picture import decided
from cli.output import JsonFlag, facts, reporting, table
from cli.plane import Plane

app = typer.Typer(no_args_is_help=True, help="Releases that had to be taken back.")

INCIDENTS = "v1/incidents"


@app.command("list")
def list_incidents(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """Incidents of every service, the newest first."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items(INCIDENTS, limit))
        columns = ("=incident", "service", "severity", "=opened", "releases", "because")
        rows = [
            (each["id"], each["service"], each["severity"], _at(each), _releases(each), each["reason"])
            for each in found
        ]
        output.show({"items": found}, table(None, columns, rows))


@app.command()
def show(
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="The id of its rollout.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """One incident, and the judgement that decided it."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = api.get(f"{INCIDENTS}/{incident}")
        said = {
            "service": found["service"],
            "severity": found["severity"],
            "opened": _at(found),
            "releases": _releases(found),
            "because": found["reason"],
            "action": found["action"],
        }
        drawn = decided(found["looks"])
        output.show(found, Group(facts(incident, said), *([drawn] if drawn is not None else [])))


def _at(found: dict[str, Any]) -> str:
    return str(found["opened_at"])[:16].replace("T", " ")


def _releases(found: dict[str, Any]) -> str:
    """From which release to which, as far as that is known."""
    left, serves = found["from_release"], found["to_release"]
    if left is None:
        return f"to {serves}" if serves else ""
    return f"{left} to {serves}" if serves else f"{left}, left as it is"
