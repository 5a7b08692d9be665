"""`writ erasures` and `writ holds`: what is erased for good, and what must not be, by the API."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.api import Api
from cli.output import JsonFlag, Output, facts, reporting, table
from cli.plane import Plane
from cli.waiting import is_waiting, show_waiting

app = typer.Typer(no_args_is_help=True, help="What evidence says of people, erased for good.")
holds = typer.Typer(no_args_is_help=True, help="Legal holds: what must not be erased.")

ERASURES = "v1/erasures"
HOLDS = "v1/holds"

Subject = Annotated[
    str, typer.Argument(metavar="SUBJECT", help="A person: an operator's id or name, a GitHub login.")
]
HoldId = Annotated[str, typer.Argument(metavar="HOLD", help="A name of its own: case-4711, say.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it goes into the evidence, so without the name.")]


@app.command("list")
def list_erasures(as_json: JsonFlag = False) -> None:
    """Erasures that were begun; those that wait for a person are in `writ actions list`."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items(ERASURES, 10_000))
        rows = [(e["subject"], e["state"], e["since"], e["entries"], e["action"]) for e in found]
        output.show(
            {"items": found}, table(None, ("=subject", "state", "since", ">entries", "=action"), rows)
        )


@app.command()
def request(subject: Subject, reason: Why, as_json: JsonFlag = False) -> None:
    """Ask that everything evidence says of a person be erased; a second person decides."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, "erasure", api.post(ERASURES, {"subject": subject, "reason": reason}))


@app.command()
def show(
    subject: Annotated[str, typer.Argument(metavar="REF", help="What the action names: ds-…")],
    as_json: JsonFlag = False,
) -> None:
    """Whose evidence an erasure is about, until it is erased, and how much it is."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = api.get(f"{ERASURES}/{subject}")
        output.show(found, facts(subject, found))


@holds.command("list")
def list_holds(as_json: JsonFlag = False) -> None:
    """Legal holds in force."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items(HOLDS, 10_000))
        rows = [(h["id"], h["person"] or h["scope"], h["placed_at"], h["action"]) for h in found]
        output.show({"items": found}, table(None, ("hold", "scope", "placed", "=action"), rows))


@holds.command()
def place(
    hold: HoldId,
    *,
    reason: Why,
    subject: Annotated[str | None, typer.Option(help="Only what is about this person.")] = None,
    predicate: Annotated[
        str | None, typer.Option("--type", metavar="URI", help="Only statements of this predicate type.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Ask that a person's evidence, a type or everything be kept; a second person decides."""
    scope = {name: value for name, value in (("subject", subject), ("type", predicate)) if value is not None}
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, f"hold {hold}", api.post(HOLDS, {"id": hold, "reason": reason, **scope}))


@holds.command()
def lift(hold: HoldId, reason: Why, as_json: JsonFlag = False) -> None:
    """Ask for the end of a hold; a second person decides."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        done = api.delete(f"{HOLDS}/{hold}", reason=reason)
        _show(output, f"hold {hold}", done)


def _show(output: Output, title: str, done: dict[str, Any]) -> None:
    """Which action waits for whom."""
    if is_waiting(done):
        show_waiting(output, title, done)
    else:
        output.show(done, facts(title, done))
