"""`writ sdk`: a typed Python client out of an OpenAPI document, tested against a mock of it and built."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.making import api_document
from cli.output import JsonFlag, UsageError, facts, reporting
from cli.plane import ROOT
from cli.sdk import build as sdk_build
from cli.sdk import publish as sdk_publish
from cli.sdk import release as sdk_release
from cli.sdk import version as sdk_version
from cli.sdk.openapi_file import read_document
from cli.sdk.tools import Tools

app = typer.Typer(no_args_is_help=True, help="Clients of an API, generated from its description.")

# The first instant of a zip file, and of whatever must not say when it was made.
EPOCH: Final = 315_532_800
OWN: Final = str(ROOT / api_document.PLACE)

Spec = Annotated[
    str | None,
    typer.Option("--spec", metavar="FILE", help="An OpenAPI document; Writ's own if absent, - for stdin."),
]
Since = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="The document released before: what changed decides the version."),
]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the distributions go.")]
Name = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The distribution's name; after the document's title if absent."),
]


@app.command()
def build(
    *,
    spec: Spec = None,
    since: Since = None,
    out: Out = Path("dist"),
    name: Name = None,
    as_json: JsonFlag = False,
) -> None:
    """Generate the client, build wheel and sdist, test the wheel, and write both with their digests."""
    with reporting(as_json) as output:
        document = read_document(spec or OWN, "--spec")
        before = None if since is None else read_document(since, "--since")
        today = datetime.now(UTC).date()
        version = sdk_release.version_of(document, Path(spec or OWN), os.environ, today)
        if version is not None and before is not None:
            raise UsageError("a release goes by the tag of the one before", field="--since")
        version = version or sdk_version.decide(document, before, today)
        plan = sdk_build.Plan.of(document, version, name)
        epoch = _epoch()
        built = sdk_build.build(plan, out, Tools.installed(), epoch)
        output.show(built.document(), facts(f"{plan.project} {plan.version}", built.told()))


@app.command("version")
def show_version(*, spec: Spec = None, since: Since = None, as_json: JsonFlag = False) -> None:
    """The version that the changes since a released document ask for."""
    with reporting(as_json) as output:
        document = read_document(spec or OWN, "--spec")
        before = None if since is None else read_document(since, "--since")
        version = sdk_version.decide(document, before, datetime.now(UTC).date())
        output.show({"version": version}, version)


app.command("publish")(sdk_publish.publish)


def _epoch() -> int:
    text = os.environ.get("SOURCE_DATE_EPOCH", str(EPOCH))
    if not text.isascii() or not text.isdigit():
        raise UsageError("SOURCE_DATE_EPOCH is a number of seconds", field="SOURCE_DATE_EPOCH")
    return max(int(text), EPOCH)
