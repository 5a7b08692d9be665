"""`writ bots`: the registry, by the API."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from cli.api import Api
from cli.output import JsonFlag, Output, facts, reporting, table
from cli.plane import Plane

app = typer.Typer(no_args_is_help=True, help="Who acts here, within which limits, and how well.")

BotName = Annotated[str, typer.Argument(metavar="BOT", help="The name of a bot.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it goes into the evidence.")]


@app.command("list")
def list_bots(as_json: JsonFlag = False) -> None:
    """Every bot with its state, its objective and its success."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items("v1/bots", 1000))
        rows = [(bot["name"], bot["kind"], bot["owner"], bot["summary"]) for bot in found]
        output.show({"items": found}, table(None, ("bot", "kind", "owner", "what it does"), rows))


@app.command()
def show(bot: BotName, as_json: JsonFlag = False) -> None:
    """One bot: triggers, actions and limits, objective, live success."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = api.get(f"v1/bots/{bot}")
        output.show(found, _bot(found))


@app.command()
def pause(bot: BotName, reason: Why, as_json: JsonFlag = False) -> None:
    """Let a bot do nothing from its next event on."""
    with reporting(as_json) as output:
        _switch(output, bot, "pause", reason)


@app.command()
def resume(bot: BotName, reason: Why, as_json: JsonFlag = False) -> None:
    """Let a paused bot act again."""
    with reporting(as_json) as output:
        _switch(output, bot, "resume", reason)


def _switch(output: Output, bot: str, what: str, reason: str) -> None:
    with Api.of(Plane.load()) as api:
        done = api.post(f"v1/bots/{bot}/{what}", {"reason": reason})
    output.show(done, facts(f"{what} {bot}", done))


def _bot(bot: dict[str, Any]) -> RenderableType:
    head = facts(
        bot["name"], {key: value for key, value in bot.items() if not isinstance(value, list | dict)}
    )
    return Group(head)
