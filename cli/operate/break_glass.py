"""`writ break-glass`: rules overridden for minutes by two others, and looked at afterwards, by the API."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.api import Api
from cli.operate.policy_controls import Actions, Bots, Owner, Targets, Why
from cli.output import JsonFlag, Output, facts, reporting, table
from cli.plane import Plane

app = typer.Typer(no_args_is_help=True, help="Rules overridden in an emergency, by two who did not ask.")

PATH = "v1/break-glass"

GlassId = Annotated[str, typer.Argument(metavar="ID", help="A name of its own: outage-4711, say.")]


@app.command("list")
def list_break_glass(as_json: JsonFlag = False) -> None:
    """What was asked for, what is open, and what waits for its review; exit code 1 if one is overdue."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items(PATH, 1000))
        rows = [
            (
                g["id"],
                g["stage"],
                _next(g),
                ", ".join(g["rules"]),
                f"{g['scope']['bot']} {g['scope']['action']} {g['scope']['target']}",
                g["asked"]["by"],
                ", ".join(word["by"] for word in g["approvals"]) or "–",
                g["asked"]["reason"],
            )
            for g in found
        ]
        columns = ("id", "stage", "next", "rules", "bot action target", "asked by", "approved by", "reason")
        output.show({"items": found}, table(None, columns, rows))
        waiting = [g["id"] for g in found if g["stage"] == "unreviewed"]
        overdue = [g["id"] for g in found if g["stage"] == "overdue"]
        if waiting:
            output.note(f"waits for a review by somebody who had no part in it: {', '.join(waiting)}")
        if overdue:
            output.note(f"overdue, review it now: {', '.join(overdue)}")
            output.found_problem()


@app.command()
def request(
    glass: GlassId,
    *,
    rule: Annotated[list[str], typer.Option(help="A rule to override: freeze, say; may be repeated.")],
    owner: Owner,
    reason: Why,
    bot: Bots,
    action: Actions = "*",
    target: Targets = "*",
    minutes: Annotated[int, typer.Option(help="How long from the second approval on, 240 at most.")] = 60,
    as_json: JsonFlag = False,
) -> None:
    """Ask two others to let rules be overridden in one scope."""
    body = {
        "id": glass,
        "rules": rule,
        "scope": {"bot": bot, "action": action, "target": target},
        "owner": owner,
        "reason": reason,
        "minutes": minutes,
    }
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, glass, api.post(PATH, body))
        output.note(f"two others, within an hour: writ break-glass approve {glass} --reason …")


@app.command()
def approve(glass: GlassId, reason: Why, as_json: JsonFlag = False) -> None:
    """Approve what somebody else asked for; the second approval opens it."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        done = api.post(f"{PATH}/{glass}/approve", {"reason": reason})
        _show(output, glass, done)
        if done.get("opened"):
            output.note(f"open until {done['opened']['expires_at']}; afterwards somebody else reviews it")
        elif missing := done.get("missing"):
            output.note(
                f"not open yet: {missing} more, of somebody else: writ break-glass approve {glass} --reason …"
            )


@app.command()
def close(glass: GlassId, reason: Why, as_json: JsonFlag = False) -> None:
    """End it before its time."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, glass, api.delete(f"{PATH}/{glass}", reason=reason))


@app.command()
def review(glass: GlassId, reason: Why, as_json: JsonFlag = False) -> None:
    """Say what you found in what was done; for somebody who neither asked nor approved."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, glass, api.post(f"{PATH}/{glass}/review", {"reason": reason}))


def _next(glass: dict[str, Any]) -> str:
    """What has to happen, and by when."""
    missing = 2 - len(glass["approvals"])
    return {
        "asked": f"{missing} more by {glass['answer_by']}",
        "open": f"ends {glass['ends_at']}",
        "unreviewed": f"review by {glass['review_by']}",
        "overdue": f"review was due {glass['review_by']}",
        "reviewed": f"reviewed by {(glass['review'] or {}).get('by')}",
    }.get(glass["stage"], "–")


def _show(output: Output, name: str, done: dict[str, Any]) -> None:
    opened = done.get("opened") or {}
    rows = {
        "stage": done.get("stage") or done.get("state"),
        "rules": ", ".join(opened.get("rules") or done.get("rules") or []) or None,
        "approved by": ", ".join(opened.get("approvers", [])) or None,
        "until": opened.get("expires_at"),
        "review by": opened.get("review_by"),
    }
    output.show(done, facts(name, rows))
