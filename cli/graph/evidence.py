"""`writ evidence`: how things hang together, as evidence tells it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from cli.api import Api
from cli.graph.dot import dot
from cli.graph.graph import Ask, Picture, explore, path, subject_of
from cli.graph.svg import svg
from cli.graph.tree import steps, tree
from cli.output import CommandError, JsonFlag, Output, UsageError, reporting
from cli.plane import Plane
from writ.ledger.graph import Relation

app = typer.Typer(no_args_is_help=True, help="How actions, things and people hang together, by the evidence.")

Subject = Annotated[
    str,
    typer.Argument(
        metavar="SUBJECT",
        help="act-…, a SHA-256, task:… as evidence names it, or kind:name: bot:backlog, event:…",
    ),
]
Relations = Annotated[
    list[Relation] | None,
    typer.Option("--relation", metavar="NAME", help=f"Only these: {', '.join(Relation)}."),
]
SvgFile = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Also draw it into an SVG file.")]
DotFile = Annotated[Path | None, typer.Option("--dot", metavar="FILE", help="Also write it for Graphviz.")]


@app.command("graph")
def draw(
    subject: Subject,
    *,
    depth: Annotated[int, typer.Option(min=1, max=6, help="How many links away.")] = 3,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many links a node.")] = 12,
    most: Annotated[int, typer.Option(min=2, max=500, help="How many nodes.")] = 60,
    relation: Relations = None,
    svg_file: SvgFile = None,
    dot_file: DotFile = None,
    as_json: JsonFlag = False,
) -> None:
    """Draw what hangs together with a subject; bots, people and policies are followed from no other node."""
    with reporting(as_json) as output:
        start = subject_of(subject)
        with Api.of(Plane.load()) as api:
            names = _names(relation)
            picture = explore(
                _asking(api), start, depth=depth, limit=limit, most=most, relations=names, typed=subject
            )
        _show(output, picture, svg_file, dot_file)


@app.command("path")
def find_path(
    start: Annotated[str, typer.Argument(metavar="FROM", help="As SUBJECT of writ evidence graph.")],
    end: Annotated[str, typer.Argument(metavar="TO", help="Likewise.")],
    *,
    depth: Annotated[int, typer.Option(min=1, max=8, help="How many links at most.")] = 6,
    relation: Relations = None,
    svg_file: SvgFile = None,
    as_json: JsonFlag = False,
) -> None:
    """Find the shortest way between two things; exit code 1 when there is none."""
    with reporting(as_json) as output:
        ends = (subject_of(start), subject_of(end))
        with Api.of(Plane.load()) as api:
            picture, found, complete = path(_asking(api), *ends, depth=depth, relations=_names(relation))
        document = {"found": found, "complete": complete, **picture.document()}
        if not found:
            why = "" if complete else " among what was looked at; a hub had too many links"
            output.show(document, Text(f"no way of {depth} links{why}"))
            output.found_problem()
            return
        output.show(document, steps(picture))
        if svg_file is not None and picture.things:
            _write(svg_file, svg(picture), "--svg")


def _show(output: Output, picture: Picture, svg_file: Path | None, dot_file: Path | None) -> None:
    for file, option, text in ((svg_file, "--svg", svg), (dot_file, "--dot", dot)):
        if file is not None:
            _write(file, text(picture), option)
            output.note(f"written: {file}")
    output.show(picture.document(), tree(picture))


def _asking(api: Api) -> Ask:
    def ask(body: Mapping[str, Any]) -> Any:
        # Who asks for plain JSON gets errors of a query in the answer's body, whatever they are.
        headers = {"Accept": "application/json"}
        return api.request("POST", "v1/graph", body=body, headers=headers).json()

    return ask


def _names(relations: list[Relation] | None) -> list[str] | None:
    return [relation.name for relation in relations] if relations else None


def _write(file: Path, text: str, option: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"there is no folder {file.parent}", field=option) from None
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}", field=option) from None
