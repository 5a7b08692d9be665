"""`writ actions`: what bots do, and the answers of people, by the API."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import typer
from rich.console import Group, RenderableType

from cli.api import Api
from cli.output import JsonFlag, Output, facts, reporting, table
from cli.plane import Plane

app = typer.Typer(no_args_is_help=True, help="What bots do, and your answers to what waits for one.")

State = Literal["succeeded", "failed", "denied", "expired", "waiting", "claimed"]
_OPEN: Final = ("waiting", "claimed")
ActionId = Annotated[str, typer.Argument(metavar="ACTION", help="The id of an action: act-…")]
Why = Annotated[str, typer.Option("--reason", help="Why; it goes into the evidence.")]


@app.command("list")
def list_actions(
    *,
    state: Annotated[State | None, typer.Option(help="Only actions of this state.")] = None,
    bot: Annotated[str | None, typer.Option(help="Only actions of this bot.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Actions of the last 31 days, the newest first."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items("v1/actions", limit, state=state, bot=bot))
        rows = [
            (a["updated_at"][:19], a["bot"], a["name"], a["verdict"], a["state"], _target(a), a["id"])
            for a in found
        ]
        columns = ("updated", "bot", "action", "decision", "state", "target", "=id")
        output.show({"items": found}, table(None, columns, rows))


@app.command()
def show(action: ActionId, as_json: JsonFlag = False) -> None:
    """One action: why, what was decided, what came of it, and its evidence."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = api.get(f"v1/actions/{action}")
        output.show(found, _action(found))


@app.command()
def approve(action: ActionId, reason: Why, as_json: JsonFlag = False) -> None:
    """Let a waiting action go on."""
    with reporting(as_json) as output:
        _answer(output, action, "approve", reason)


@app.command()
def reject(action: ActionId, reason: Why, as_json: JsonFlag = False) -> None:
    """Close a waiting action without its effect."""
    with reporting(as_json) as output:
        _answer(output, action, "reject", reason)


def _answer(output: Output, action: str, answer: str, reason: str) -> None:
    with Api.of(Plane.load()) as api:
        answered = api.post(f"v1/actions/{action}/{answer}", {"reason": reason})
    output.show(answered, facts(f"{answer} {action}", answered))
    if answered["state"] in _OPEN:
        output.note(
            f"your answer stands; the bot goes on by itself, within seconds: writ actions show {action}"
        )


def _target(action: dict[str, Any]) -> str:
    return f"{action['target']['kind']}:{action['target']['id']}"


def _action(action: dict[str, Any]) -> RenderableType:
    cause, decision, outcome = action["cause"], action["decision"], action["outcome"]
    head = facts(
        f"{action['bot']} {action['name']}",
        {
            "action": action["id"],
            "target": _target(action),
            "why": action["reason"],
            "state": action["state"],
            "caused by": f"{cause['event_type']} {cause['event_id']}",
            "on behalf of": f"{cause['actor']['kind']} {cause['actor']['id']}",
            "blast radius": action["blast_radius"],
            "attempt": action["attempt"],
            "decision": decision["verdict"],
            "policies": decision["bundle_digest"][:16] + "…",
            "exceptions": ", ".join(decision["exceptions"]) or None,
            "approval": _approval(action["approval"]),
            "outcome": outcome and _outcome(outcome),
            "evidence": "\n".join(action["evidence"]),
        },
    )
    reasons = [(reason["code"], reason["message"]) for reason in decision["reasons"]]
    return Group(head, table("\nreasons", ("code", "reason"), reasons)) if reasons else head


def _approval(approval: dict[str, Any] | None) -> str | None:
    if approval is None:
        return None
    answer = approval["answer"]
    if answer is None:
        return "expired" if approval["expired"] else f"wanted until {approval['expires_at']}"
    return f"{'approved' if answer['approved'] else 'rejected'} by {answer['by']}: {answer['reason']}"


def _outcome(outcome: dict[str, Any]) -> str:
    said = ": ".join(part for part in (outcome["code"], outcome["message"]) if part)
    return " ".join(part for part in (outcome["status"], said) if part)
