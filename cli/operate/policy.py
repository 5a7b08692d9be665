"""`writ policy`: ask for a decision, run the policies' own tests, set freezes and exceptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from cli.api import Api
from cli.operate import policy_controls, policy_tests
from cli.output import JsonFlag, UsageError, facts, reporting, table
from cli.plane import Plane

app = typer.Typer(no_args_is_help=True, help="What may be done, and why.")
app.command("test")(policy_tests.run_tests)
app.add_typer(policy_controls.freezes, name="freezes")
app.add_typer(policy_controls.exceptions, name="exceptions")


@app.command()
def decide(
    document: Annotated[Path, typer.Argument(help="A JSON file with the question; - for standard input.")],
    as_json: JsonFlag = False,
) -> None:
    """Ask how policy would decide; nothing is done and nothing is recorded."""
    with reporting(as_json) as output:
        question = _read(document)
        with Api.of(Plane.load()) as api:
            decision = api.post("v1/policy/decisions", question)
        output.show(decision, _decision(decision))


def _read(path: Path) -> dict[str, Any]:
    try:
        text = typer.get_text_stream("stdin").read() if str(path) == "-" else path.read_text(encoding="utf-8")
        document = json.loads(text)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}", field="DOCUMENT") from None
    if not isinstance(document, dict):
        raise UsageError(f"{path} is not a JSON object", field="DOCUMENT")
    return document


def _decision(decision: dict[str, Any]) -> RenderableType:
    head = facts(
        f"decision: {decision['verdict']}",
        {
            "policies": decision["bundle_digest"],
            "exceptions": ", ".join(decision.get("exceptions", ())) or None,
            "obligations": ", ".join(
                f"{o['counter']} ≤ {o['limit']}" for o in decision.get("obligations", ())
            )
            or None,
        },
    )
    rows = [(reason["code"], reason["message"]) for reason in decision.get("reasons", ())]
    return Group(head, table("\nreasons", ("code", "reason"), rows)) if rows else head
