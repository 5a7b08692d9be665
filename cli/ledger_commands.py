"""`writ ledger`: a copy of the log, and its verification offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import verify as verification
from cli.ledger import COPIES
from cli.output import JsonFlag, UsageError, reporting
from cli.plane import Plane
from cli.progress import Bars
from cli.run import copy_log
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Report
from writ.ledger.logcopy import LogCopy

app = typer.Typer(no_args_is_help=True, help="The evidence: copy it, and verify it without the plane.")

Folder = Annotated[
    Path | None, typer.Argument(metavar="DIR", help="A copy of a log; the plane's own log if absent.")
]
Trust = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A trust root you have from elsewhere; else the copy's.")
]


@app.command()
def verify(folder: Folder = None, *, trust: Trust = None, as_json: JsonFlag = False) -> None:
    """Verify a whole log offline; exit code 1 names every entry and leaf that is not as it was logged."""
    with reporting(as_json) as output:
        with Bars(output) as bars:
            log = _newest(bars) if folder is None else verification.open_copy(folder)
            report = _verified(log, trust, bars)
        if isinstance(report, VerificationError):
            output.show(verification.unreadable(report, log), verification.unreadable_picture(report, log))
        else:
            output.show(verification.document(report, log), verification.picture(report, log))
        if isinstance(report, VerificationError) or not report.ok:
            output.found_problem()


@app.command()
def copy(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or a copy to replace.")],
    as_json: JsonFlag = False,
) -> None:
    """Copy the log as of its newest checkpoint, with everything that verification needs."""
    with reporting(as_json) as output:
        if folder.exists() and not (folder / "checkpoint").is_file():
            raise UsageError(f"{folder} holds something else", field="DIR", hint="name a new folder")
        plane = Plane.load()
        with Bars(output) as bars:
            made = copy_log(plane, folder.resolve(), bars)
        count = sum(1 for _ in made.statement_files())
        output.show(
            {"copy": str(made.folder), "statements": count},
            f"{count} statements in {made.folder}\nnext: writ ledger verify {folder}",
        )


def _newest(bars: Bars) -> LogCopy:
    plane = Plane.load()
    return copy_log(plane, COPIES / plane.file.env, bars)


def _verified(log: LogCopy, trust: Path | None, bars: Bars) -> Report | VerificationError:
    try:
        return verification.verify(
            log, trust, lambda done, size: bars.step("verifying the copy offline", done, size)
        )
    except VerificationError as error:
        return error
