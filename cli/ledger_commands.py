"""`writ ledger`: bundles, a copy of the log, and their verification offline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import bundles
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

app.command()(bundles.bundle)
app.command()(bundles.trust)

Place = Annotated[
    Path | None,
    typer.Argument(
        metavar="PATH", help="A bundle's file, or a copy of a log; the plane's own log if absent."
    ),
]
Trust = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A trust root you have from elsewhere; a copy's own if absent."),
]
Bot = Annotated[
    str | None, typer.Option(metavar="NAME", help="Of a bundle: the bot that must have signed it.")
]
Issuer = Annotated[
    str | None, typer.Option(metavar="URI", help="Of a bundle: who must have vouched for the bot.")
]
NotBefore = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Of a bundle: the earliest integration, such as 2026-01-31T08:00:00Z."),
]
WitnessPolicy = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Witnesses that must have cosigned the checkpoint (C2SP tlog-policy)."),
]


@app.command()
def verify(
    path: Place = None,
    *,
    trust: Trust = None,
    bot: Bot = None,
    issuer: Issuer = None,
    not_before: NotBefore = None,
    witness_policy: WitnessPolicy = None,
    as_json: JsonFlag = False,
) -> None:
    """Verify a bundle or a whole log offline; exit code 1 names what is not as it was signed and logged."""
    with reporting(as_json) as output:
        policy = verification.read_policy(witness_policy) if witness_policy is not None else None
        if path is not None and path.is_file():
            identity = bundles.identity_policy(bot, issuer, not_before)
            bundles.verify(output, path, trust, identity, policy)
            return
        _refuse_of_log({"--bot": bot, "--issuer": issuer, "--not-before": not_before})
        with Bars(output) as bars:
            log = _newest(bars) if path is None else verification.open_copy(path)
            report = _verified(log, trust, bars)
        cosigned = None
        if policy is not None and not isinstance(report, VerificationError):
            cosigned = verification.demand_quorum(report, log, policy, trust, datetime.now(UTC))
        if isinstance(report, VerificationError):
            output.show(verification.unreadable(report, log), verification.unreadable_picture(report, log))
        else:
            output.show(
                verification.document(report, log, cosigned), verification.picture(report, log, cosigned)
            )
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


def _refuse_of_log(options: Mapping[str, str | None]) -> None:
    for name, value in options.items():
        if value is not None:
            raise UsageError("this goes with a bundle: a log is everybody's", field=name)


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
