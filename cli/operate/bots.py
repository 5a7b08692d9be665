"""`writ bots`: the registry, by the API."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from cli.api import Api
from cli.operate import ticks
from cli.output import JsonFlag, Output, facts, reporting, table
from cli.plane import Plane
from cli.waiting import is_waiting, show_waiting

app = typer.Typer(no_args_is_help=True, help="Who acts here, within which limits, and how well.")
app.command("tick")(ticks.tick)

BotName = Annotated[str, typer.Argument(metavar="BOT", help="The name of a bot.")]
OneAction = Annotated[str | None, typer.Option(help="One action alone; the whole bot if absent.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it goes into the evidence.")]


@app.command("list")
def list_bots(as_json: JsonFlag = False) -> None:
    """Every bot with its state, its objective and its success."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items("v1/bots", 1000))
        rows = [
            (
                bot["name"],
                _state(bot),
                bot["owner"],
                _percent(bot["success"]),
                bot["objective"],
                _percent(bot["budget_left"]),
                bot["summary"],
            )
            for bot in found
        ]
        columns = ("bot", "state", "owner", ">success", ">objective", ">budget left", "what it does")
        output.show({"items": found}, table(None, columns, rows))


@app.command()
def show(bot: BotName, as_json: JsonFlag = False) -> None:
    """One bot: triggers, actions and limits, objective, live success."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = api.get(f"v1/bots/{bot}")
        output.show(found, _bot(found))


@app.command()
def pause(bot: BotName, reason: Why, action: OneAction = None, as_json: JsonFlag = False) -> None:
    """Let a bot do nothing from its next event on, or take one action no more."""
    with reporting(as_json) as output:
        _switch(output, bot, action, "pause", reason)


@app.command()
def resume(bot: BotName, reason: Why, action: OneAction = None, as_json: JsonFlag = False) -> None:
    """Let a paused bot act again, or take a paused action again."""
    with reporting(as_json) as output:
        _switch(output, bot, action, "resume", reason)


def _switch(output: Output, bot: str, action: str | None, what: str, reason: str) -> None:
    held = bot if action is None else f"{bot}/actions/{action}"
    with Api.of(Plane.load()) as api:
        done = api.post(f"v1/bots/{held}/{what}", {"reason": reason})
    title = f"{what} {bot} {action or ''}".rstrip()
    if is_waiting(done):
        show_waiting(output, title, done)
    else:
        output.show(done, facts(title, done))


def _bot(bot: dict[str, Any]) -> RenderableType:
    slo = bot["slo"]
    head = facts(
        bot["name"],
        {
            "what it does": bot["summary"],
            "owner": bot["owner"],
            "state": _state(bot),
            "by": bot["by"],
            "because": bot["reason"],
            "since": bot["since"],
            "objective": f"{slo['success']:g} % succeed, p95 within {slo['p95_ms']} ms",
            "needs": _needs(bot["needs"]),
            "emits": ", ".join(bot["emits"]) or None,
            "routes": "\n".join(route["route"] for route in bot["routes"]) or None,
            "runbook": bot["runbook"],
        },
    )
    live = [_window(name.replace("_", " "), window) for name, window in bot["live"].items()]
    windows = (">success", ">budget left", ">average ms", ">succeeded", ">failed", ">denied", ">expired")
    triggers = [trigger_row(trigger) for trigger in bot["triggers"]]
    actions = [_action(action) for action in bot["actions"]]
    limits = (">per hour", ">per target", ">at once", ">approval h")
    return Group(
        head,
        table("\nlive", ("", *windows), live),
        *([table("\nacts on", ("trigger", "only where"), triggers)] if triggers else []),
        *([table("\nmay do", ("action", "state", "risk", *limits, "summary"), actions)] if actions else []),
    )


def _state(bot: dict[str, Any]) -> str:
    if bot["kind"] == "system":
        return "system"
    return {True: "paused", False: "active"}.get(bot["paused"], "unknown")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} %"


def _window(name: str, window: dict[str, Any]) -> tuple[object, ...]:
    counts = window["actions"]
    return (
        name,
        _percent(window["success"]),
        _percent(window["budget_left"]),
        "–" if window["average_ms"] is None else window["average_ms"],
        *(counts[status] for status in ("succeeded", "failed", "denied", "expired")),
    )


def trigger_row(trigger: dict[str, Any]) -> tuple[str, str]:
    """What wakes a bot, and the values its event must have."""
    kinds = ("event", "schedule", "stream", "alarms", "metrics")
    ((kind, name),) = ((kind, trigger[kind]) for kind in kinds if kind in trigger)
    where = "; ".join(
        f"{field}: {', '.join(map(str, values))}" for field, values in trigger.get("where", {}).items()
    )
    return kind if name is True else f"{kind} {name}", where


def _action(action: dict[str, Any]) -> tuple[object, ...]:
    limits = action["limits"]
    return (
        action["name"],
        {True: "paused", False: "active"}.get(action["paused"], "unknown"),
        action["risk"],
        limits["per_hour"] or "–",
        limits["per_target_per_hour"] or "–",
        limits["blast_radius"],
        action["approval_hours"] if action["risk"] != "low" else "–",
        action["summary"],
    )


def _needs(needs: dict[str, Any]) -> str | None:
    parts = []
    for kind, things in needs.items():
        named = (
            [f"{name} ({', '.join(verbs)})" for name, verbs in things.items()]
            if isinstance(things, dict)
            else things
        )
        parts.append(f"{kind}: {', '.join(named)}")
    return "\n".join(parts) or None
