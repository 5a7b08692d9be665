"""`writ replay`: payloads as signed webhooks, or a bot's dead letters once more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.local import run as main_job
from cli.local.dead_letters import Repair, Resent, resend
from cli.local.replay import webhooks
from cli.output import JsonFlag, Output, UsageError, reporting, table
from cli.plane import Plane

Paths = Annotated[
    list[Path] | None, typer.Argument(metavar="PATH", help="Payloads as <event>/<anything>.json.")
]
DeadLettersOf = Annotated[str | None, typer.Option("--dlq", metavar="BOT", help="Dead letters, instead.")]
Repairs = Annotated[
    list[str] | None, typer.Option("--set", metavar="a.b=VALUE", help="Repair a field of every dead letter.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="With --dlq: say what would be sent, send nothing.")]


def replay(
    paths: Paths = None,
    *,
    dlq: DeadLettersOf = None,
    repairs: Repairs = None,
    dry_run: DryRun = False,
    as_json: JsonFlag = False,
) -> None:
    """Send payloads as GitHub would and prove that all of it held, or send dead letters again."""
    with reporting(as_json) as output:
        if dlq is not None:
            if paths:
                raise UsageError("a PATH and --dlq are two things", field="--dlq", hint="give one of them")
            _dead_letters(output, dlq, [Repair.parse(text) for text in repairs or ()], dry_run=dry_run)
            return
        if repairs or dry_run:
            field = "--set" if repairs else "--dry-run"
            raise UsageError(f"{field} is for dead letters", field=field, hint="give --dlq BOT as well")
        if not paths:
            raise UsageError(
                "nothing to replay", field="PATH", hint="writ replay events/github/samples, or --dlq BOT"
            )
        batch = webhooks(paths)
        plane = Plane.load()
        main_job.report(plane, main_job.deliver(plane, batch, output), output)


def _dead_letters(output: Output, bot: str, repairs: list[Repair], *, dry_run: bool) -> None:
    results = resend(Plane.load(), bot, repairs, dry_run=dry_run)
    rows = [
        (
            result.letter.id,
            result.type,
            f"{result.letter.code}: {result.letter.reason}",
            _fate(result, dry_run=dry_run),
            result.field,
        )
        for result in results
    ]
    columns = ("=message", "event", "was", "now", "field")
    shown = table(None, columns, rows) if rows else f"{bot} has no dead letters"
    output.show({"items": [result.document() for result in results], "dry_run": dry_run}, shown)
    if any(result.code for result in results):
        output.found_problem()


def _fate(result: Resent, *, dry_run: bool) -> str:
    if result.code is not None:
        return f"still wrong: {result.message}"
    return "would be sent" if dry_run else "sent again"
