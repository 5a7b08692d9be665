"""`writ ledger`: bundles, packs, a copy of the log, and their verification offline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.ledger import audit as auditing
from cli.ledger import bundles, keys, packs
from cli.ledger import signatures as counting
from cli.ledger import verify as verification
from cli.ledger.anchors import OPTION, AnchorFiles, demand_anchors, read_anchors
from cli.ledger.api_copy import Fetched, fetched, is_api, source
from cli.ledger.bucket_copy import is_bucket, open_bucket
from cli.ledger.checking import audited, steps, verified
from cli.ledger.copying import COPIES, size_of, write_copy
from cli.ledger.log_source import copy_log
from cli.ledger.seen import SEEN, SeenOption
from cli.output import JsonFlag, Output, UsageError, reporting
from cli.plane import Plane
from cli.progress import Bars
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Report
from writ.ledger.logcopy import LogCopy
from writ.ledger.witness_policy import Policy

app = typer.Typer(no_args_is_help=True, help="The evidence: copy it, and verify it without the plane.")

app.command()(bundles.bundle)
app.command()(bundles.trust)
app.command()(keys.keys)
app.command()(packs.pack)
app.command()(counting.signatures)

Place = Annotated[
    str | None,
    typer.Argument(
        metavar="PATH",
        help=(
            "A bundle's or a pack's file, a copy of a log, s3://BUCKET/PREFIX where one lies, or the "
            "https://HOST of an API; the plane's own log if absent."
        ),
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

Receipt = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Of a pack: the bundle of the action that sealed it."),
]


@dataclass(frozen=True, slots=True)
class Demands:
    """What a log is held against beside itself: witnesses, under a trust root, and heads posted elsewhere."""

    policy: Policy | None
    trust: Path | None
    statuses: Sequence[bytes]


@app.command()
def verify(
    path: Place = None,
    *,
    trust: Trust = None,
    bot: Bot = None,
    issuer: Issuer = None,
    not_before: NotBefore = None,
    witness_policy: WitnessPolicy = None,
    seen: SeenOption = SEEN,
    receipt: Receipt = None,
    anchor: AnchorFiles = None,
    as_json: JsonFlag = False,
) -> None:
    """Verify a bundle, a pack or a whole log offline; exit code 1 names what is not as it was logged.

    A log's checkpoint is remembered: the next one must cover it and begin with it.
    """
    with reporting(as_json) as output:
        policy = verification.read_policy(witness_policy) if witness_policy is not None else None
        statuses = read_anchors(anchor)
        if path is not None and not is_api(path) and (file := Path(path)).is_file():
            _refuse({OPTION: anchor or None}, "it holds one leaf of it, or a few", "a log")
            if packs.is_pack(file):
                _refuse(
                    {"--bot": bot, "--issuer": issuer, "--not-before": not_before}, "a pack is many bots'"
                )
                packs.verify(output, file, trust, receipt, policy)
                return
            _refuse({"--receipt": receipt}, "it proves itself", "a pack")
            identity = bundles.identity_policy(bot, issuer, not_before)
            bundles.verify(output, file, trust, identity, policy)
            return
        _refuse({"--bot": bot, "--issuer": issuer, "--not-before": not_before}, "a log is everybody's")
        _refuse({"--receipt": receipt}, "a log is its own", "a pack")
        demands = Demands(policy, trust, statuses)
        with ExitStack() as kept:
            with Bars(output) as bars:
                found = kept.enter_context(_found(path, bars))
                report = verified(found.copy, trust, seen, bars, live=found.live)
            _show(report, found.copy, output, demands)


@app.command()
def audit(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="A copy of a log, s3://BUCKET/PREFIX where one lies, or the https://HOST of an API.",
        ),
    ],
    *,
    trust: Trust = None,
    witness_policy: WitnessPolicy = None,
    seen: SeenOption = SEEN,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; one a core if absent.")] = None,
    signatures: Annotated[
        bool, typer.Option(help="Verify each statement's signature; without, the report says so.")
    ] = True,
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it is kept how far the audit is.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew, not where it was stopped.")] = False,
    anchor: AnchorFiles = None,
    as_json: JsonFlag = False,
) -> None:
    """Verify a large log: in constant memory, on many cores, going on where it was stopped."""
    with reporting(as_json) as output:
        policy = verification.read_policy(witness_policy) if witness_policy is not None else None
        statuses = read_anchors(anchor)
        with ExitStack() as kept:
            with Bars(output) as bars:
                log = kept.enter_context(_found(path, bars, fresh=fresh)).copy
                notebook = state or auditing.state_of(log)
                if fresh:
                    notebook.unlink(missing_ok=True)
                report = audited(log, trust, seen, bars, jobs=jobs, signatures=signatures, state=notebook)
            _show(report, log, output, Demands(policy, trust, statuses))


@app.command()
def copy(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or a copy to replace.")],
    *,
    packed: Annotated[
        bool,
        typer.Option("--packed", help="256 statements a file: for large logs, which `audit` reads best."),
    ] = False,
    api: Annotated[
        str | None, typer.Option(metavar="URL", help="The https://HOST of an API; the plane's AWS if absent.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Copy the log as of its newest checkpoint, with everything that verification needs."""
    with reporting(as_json) as output:
        if folder.exists() and not (folder / "checkpoint").is_file():
            raise UsageError(f"{folder} holds something else", field="DIR", hint="name a new folder")
        with Bars(output) as bars:
            if api is None:
                made = copy_log(Plane.load(), folder.resolve(), bars, packed=packed)
            else:
                with source(api, folder.resolve(), datetime.now(UTC), bars) as log:
                    made = write_copy(log, folder.resolve(), steps(bars, "copying the ledger"), packed=packed)
        size = size_of(made.checkpoint())
        output.show(
            {"copy": str(made.folder), "size": size, "packed": packed},
            f"{size} entries in {made.folder}\nnext: writ ledger {'audit' if packed else 'verify'} {folder}",
        )


def _refuse(options: Mapping[str, object], because: str, where: str = "a bundle") -> None:
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"this goes with {where}: {because}", field=name)


def _newest(bars: Bars) -> LogCopy:
    plane = Plane.load()
    return copy_log(plane, COPIES / plane.file.env, bars)


@contextmanager
def _found(path: str | None, bars: Bars, *, fresh: bool = False) -> Iterator[Fetched]:
    """The plane's own log, that of an API, or a copy in a bucket or a folder."""
    if path is None:
        yield Fetched(_newest(bars), live=True)
    elif is_api(path):
        with fetched(path, bars, datetime.now(UTC), fresh=fresh) as found:
            yield found
    elif is_bucket(path):
        yield Fetched(open_bucket(path), live=False)
    else:
        yield Fetched(verification.open_copy(Path(path).resolve()), live=False)


def _show(
    report: Report | VerificationError,
    log: LogCopy,
    output: Output,
    demands: Demands,
) -> None:
    """Show what was found, after holding the log against witnesses and anchors, where they are asked for."""
    if isinstance(report, VerificationError):
        output.show(verification.unreadable(report, log), verification.unreadable_picture(report, log))
    else:
        cosigned = None
        if demands.policy is not None:
            cosigned = verification.demand_quorum(
                report, log, demands.policy, demands.trust, datetime.now(UTC)
            )
        anchors = demand_anchors(report, log, demands.statuses) if demands.statuses else None
        shown = verification.document(report, log, cosigned), verification.picture(report, log, cosigned)
        output.show(*(shown if anchors is None else anchors.shown(*shown)))
    if isinstance(report, VerificationError) or not report.ok:
        output.found_problem()
