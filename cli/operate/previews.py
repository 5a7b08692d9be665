"""`writ previews`: environments of pull requests, by the API."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.api import Api
from cli.output import JsonFlag, Output, facts, reporting, table
from cli.plane import Plane
from cli.waiting import is_waiting, show_waiting

app = typer.Typer(no_args_is_help=True, help="Preview environments of pull requests.")

PREVIEWS = "v1/previews"
_SHORT = 12

PreviewName = Annotated[str, typer.Argument(metavar="PREVIEW", help="The id of a preview.")]


@app.command("list")
def list_previews(as_json: JsonFlag = False) -> None:
    """Every preview, also how those that are over ended."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items(PREVIEWS, 10_000))
        columns = ("=preview", "pull request", "state", "shows", "until", "because")
        output.show({"items": found}, table(None, columns, [_row(each) for each in found]))


@app.command()
def show(preview: PreviewName, as_json: JsonFlag = False) -> None:
    """How a preview stands: where it is to be, its flow, its time and cost, what went wrong."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = api.get(f"{PREVIEWS}/{preview}")
        goal = found["goal"]
        shown = {**found, "goal": f"{goal['number']}: {goal['way']}, {goal['reason']}"}
        output.show(found, facts(preview, {name: each for name, each in shown.items() if each is not None}))


@app.command()
def extend(preview: PreviewName, as_json: JsonFlag = False) -> None:
    """Let a preview live on, up to its last day."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, api.post(f"{PREVIEWS}/{preview}/extend", {}))


@app.command()
def destroy(
    preview: PreviewName,
    *,
    reason: Annotated[str, typer.Option(help="Why; it stays in evidence.")],
    as_json: JsonFlag = False,
) -> None:
    """Have everything of a preview removed before its time."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, api.delete(f"{PREVIEWS}/{preview}", reason=reason))


def _row(each: dict[str, Any]) -> tuple[object, ...]:
    because = f"{each['resource']}: {each['problem']}" if each["resource"] else each["problem"]
    pull_request = f"{each['repository']}#{each['pull_request']}"
    commit, until = (each["commit"] or "")[:_SHORT], str(each["expires_at"])[:16].replace("T", " ")
    return each["id"], pull_request, each["state"], commit, until, because or ""


def _show(output: Output, answer: dict[str, Any]) -> None:
    if is_waiting(answer):
        show_waiting(output, "asked for", answer)
    else:
        output.show(answer, facts("asked for", answer))
