"""`writ canary judge`: what a canary did against its baseline, judged without a deployment."""

from __future__ import annotations

import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.operate import rollouts
from cli.operate.canary_picture import picture
from cli.output import CommandError, JsonFlag, UsageError, reporting
from writ.contracts.errors import ContractError
from writ.judge.course import State, observe
from writ.judge.picture import panels
from writ.judge.svg import svg
from writ.judge.verdict import Judgement, Verdict, judge
from writ.judge.window import Trial

app = typer.Typer(no_args_is_help=True, help="Roll a release out, and judge it against the one it replaces.")
app.command("start")(rollouts.start)
app.command("status")(rollouts.status)
app.command("abort")(rollouts.abort)

_MOST_BYTES = 64 * 1024 * 1024


@app.callback()
def group() -> None:
    """Roll a release out, and judge it against the one it replaces."""


@app.command("judge")
def judge_file(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Criteria and windows as JSON; - for standard input."),
    ],
    *,
    svg_file: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Also draw it into an SVG file.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say whether a canary passes, from a file; exit code 1 when it fails and when it is not known."""
    with reporting(as_json) as output:
        trial = _read(file)
        state = State.none(trial.criteria)
        for window in trial.windows:
            state = observe(trial.criteria, state, window)
        judgement = judge(trial.criteria, state)
        drawn = panels(trial.criteria, state, judgement, trial.windows)
        if svg_file is not None:
            _write(svg_file, svg(judgement, drawn))
            output.note(f"written: {svg_file}")
        output.show(document(judgement), picture(judgement, drawn))
        if judgement.verdict is not Verdict.PASS:
            output.found_problem()


def document(judgement: Judgement) -> dict[str, Any]:
    """The judgement as JSON, which has no infinity: an open end is null. Evidence is given as its ln."""
    plain: dict[str, Any] = _plain(asdict(judgement))
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _read(place: str) -> Trial:
    path = Path(place)
    if place != "-" and not path.is_file():
        raise UsageError(f"there is no file {place}", field="FILE")
    try:
        source = sys.stdin.buffer if place == "-" else path.open("rb")
        with source:
            text = source.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{place} cannot be read: {error.strerror}", field="FILE") from None
    if len(text) > _MOST_BYTES:
        raise UsageError(f"{place} is larger than 64 MiB", field="FILE")
    try:
        return Trial.parse(text)
    except ContractError as error:
        hint = "docs/guides/judge.md shows a file"
        raise UsageError(error.message, code=error.code, field=error.field, hint=hint) from None


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"there is no folder {file.parent}", field="--svg") from None
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}", field="--svg") from None
