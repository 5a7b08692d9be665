"""`writ witness`: a witness for its operator, and the witnesses of a log for the log's."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from cli.ledger.log_source import PlaneLog
from cli.ledger.witnesses import Site
from cli.output import CommandError, JsonFlag, UsageError, facts, reporting, table
from cli.plane import Plane, calling
from writ.adapters.witness_server import submission_url
from writ.ledger.logcopy import WITNESS_POLICY
from writ.ledger.note import VerifierKey
from writ.ledger.witness_policy import Policy

app = typer.Typer(no_args_is_help=True, help="Witnesses: what one watches, and which of them the log asks.")

Of = Annotated[
    str | None,
    typer.Option(
        "--of", metavar="ENV", help="A witness that stands alone, with this shell's AWS credentials: witness."
    ),
]


@app.command()
def show(of: Of = None, as_json: JsonFlag = False) -> None:
    """The witness, its verifier key, and the newest head it cosigned of each log."""
    with reporting(as_json) as output:
        site = _site(of)
        key, watched = site.verifier(), list(site.watched())
        output.show(
            {"name": key.name, "key": key.encode(), "logs": [asdict(log) for log in watched]},
            Group(
                facts("", {"name": key.name, "key": key.encode()}),
                table(
                    "\nlogs",
                    ("log", ">cosigned", "root"),
                    [(log.origin, log.size, (log.root or "")[:16]) for log in watched],
                ),
            ),
        )


@app.command()
def watch(
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="Verifier keys of a log: name+id+key.")],
    of: Of = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Let the witness cosign a log that signs with these keys, and with no others under that name."""
    with reporting(as_json) as output:
        read = [VerifierKey.parse(text) for text in keys]
        _site(of).watch(read)
        origins = sorted({key.name for key in read})
        output.show({"watched": origins}, Text(f"watching {', '.join(origins)}"))


@app.command()
def policy(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A policy (C2SP tlog-policy) to take from now on.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """The witnesses that the log asks; with FILE, ask those in it from now on."""
    with reporting(as_json) as output:
        plane = Plane.load()
        data = _stored(plane) if file is None else _read(file)
        wanted = Policy.parse(data)
        if file is not None:
            with calling("writing the witness policy"):
                plane.aws("s3").put_object(Bucket=plane.bucket("log"), Key=WITNESS_POLICY, Body=data)
        output.show(_document(wanted))
        output.verbatim(data.decode("utf-8", "backslashreplace").rstrip("\n"))


def _site(of: str | None) -> Site:
    if of is None:
        plane = Plane.load()
        return Site(f"{plane.file.env}-witness", plane.aws)
    import boto3

    make: Any = boto3.client
    return Site(of, make)


def _stored(plane: Plane) -> bytes:
    found = PlaneLog(plane).object(WITNESS_POLICY)
    if found is None:
        raise CommandError(
            "the log asks no witness", code="witness.none", hint="writ witness policy FILE; see docs"
        )
    return found


def _read(file: Path) -> bytes:
    """A policy whose witnesses can all be reached. Raises UsageError or VerificationError."""
    if not file.is_file():
        raise UsageError(f"there is no {file}", field="FILE")
    data = file.read_bytes()
    for known in Policy.parse(data).witnesses.values():
        submission_url(known.url or "")
    return data


def _document(wanted: Policy) -> dict[str, Any]:
    return {
        "logs": [key.encode() for key in wanted.logs],
        "witnesses": [
            {"name": known.name, "key": known.key.encode(), "url": known.url}
            for known in wanted.witnesses.values()
        ],
        "groups": {name: asdict(group) for name, group in wanted.groups.items()},
        "quorum": wanted.quorum,
    }
