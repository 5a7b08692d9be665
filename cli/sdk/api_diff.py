"""`writ api`: what a change of an OpenAPI document means for those who use the API; no plane is needed."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import moments
from cli.output import JsonFlag, UsageError, reporting
from cli.sdk import api_diff_views as views
from cli.sdk.openapi_file import STDIN, read_document
from writ.openapi.change import Verdict
from writ.openapi.diff import diff

app = typer.Typer(no_args_is_help=True, help="Descriptions of APIs: what changed between two of them.")

Old = Annotated[str, typer.Argument(metavar="OLD", help="The released document: a file, or - for stdin.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="The document that is to be released.")]
Day = Annotated[
    str | None,
    typer.Option("--date", metavar="YYYY-MM-DD", help="The day sunsets are judged on; else today in UTC."),
]
Everything = Annotated[
    bool, typer.Option("--all", help="Also changes that break nothing, where others do; each of them.")
]


@app.command("diff")
def compare(
    old: Old, new: New, *, day: Day = None, everything: Everything = False, as_json: JsonFlag = False
) -> None:
    """What a client of OLD meets under NEW, by operation; exit 1 where it breaks, or where nobody can say."""
    with reporting(as_json) as output:
        if old == new == STDIN:
            raise UsageError("only one of the two can be read from stdin", field="NEW")
        today = moments.day(day, "--date")
        found = diff(read_document(old, "OLD"), read_document(new, "NEW"), today)
        output.show(views.document(found), *views.picture(found, everything))
        if found.verdict is not Verdict.COMPATIBLE:
            output.found_problem()


@app.command()
def rules(*, as_json: JsonFlag = False) -> None:
    """Every rule, with what it means in a request and in a response."""
    with reporting(as_json) as output:
        told = views.rules()
        output.show({"items": told}, views.rule_table(told))
