"""`writ flags`: who has which behaviour, and which flags outlived their use, by the API."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.api import Api
from cli.output import JsonFlag, Output, facts, reporting, table
from cli.plane import Plane
from cli.waiting import is_waiting, show_waiting

app = typer.Typer(no_args_is_help=True, help="Behaviours turned on and off by tenant.")

FLAGS = "v1/flags"
_DEBT = {"expired": "expired", "full": "on for everybody", "no_owner": "no owner", "unused": "unused"}

FlagName = Annotated[str, typer.Argument(metavar="FLAG", help="The name of a flag.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it goes into the evidence.")]
Tenants = Annotated[
    list[str] | None,
    typer.Option(help="A tenant, by its id; repeatable. Replaces the list; '' alone empties it."),
]


@app.command("list")
def list_flags(as_json: JsonFlag = False) -> None:
    """Every flag with who has its behaviour now."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items(FLAGS, 1000))
        rows = [
            (f["name"], _state(f), f["kind"], f["risk"], f["owner"], f["expires"] or "–", f["summary"])
            for f in found
        ]
        columns = ("flag", "on for", "kind", "risk", "owner", "expires", "what it does")
        output.show({"items": found}, table(None, columns, rows))


@app.command()
def show(flag: FlagName, as_json: JsonFlag = False) -> None:
    """One flag: what is declared, what holds now, who set it, and where it is asked for."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, flag, api.get(f"{FLAGS}/{flag}"))


@app.command("set")
def set_flag(
    flag: FlagName,
    *,
    reason: Why,
    percent: Annotated[int | None, typer.Option(help="The share of tenants, 0 to 100.")] = None,
    on_for: Tenants = None,
    off_for: Tenants = None,
    as_json: JsonFlag = False,
) -> None:
    """Give or take a flag's behaviour; what is left out stays as it is."""
    wanted = {"percent": percent, "on_for": _named(on_for), "off_for": _named(off_for)}
    body = {"reason": reason, **{name: value for name, value in wanted.items() if value is not None}}
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, flag, api.request("PATCH", f"{FLAGS}/{flag}", body=body).json())


@app.command()
def kill(flag: FlagName, reason: Why, as_json: JsonFlag = False) -> None:
    """Turn a flag off for everybody, at once."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, flag, api.post(f"{FLAGS}/{flag}/kill", {"reason": reason}))


@app.command()
def debt(as_json: JsonFlag = False) -> None:
    """Flags that expired, are on for everybody, belong to nobody or are asked for nowhere."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = api.get("v1/flag-debt")
        rows = [
            (i["flag"], _DEBT.get(i["kind"], i["kind"]), i["days"], i["owner"], i["message"])
            for i in found["items"]
        ]
        columns = ("flag", "debt", ">days", "owner", "why")
        output.show(found, *([table(None, columns, rows)] if rows else []))
        flags = {row[0] for row in rows}
        output.note(f"{len(flags)} of {found['flags']} flags in debt")


def _named(tenants: list[str] | None) -> list[str] | None:
    """What the option says: None where it was not given, and nobody for '' alone."""
    return [] if tenants == [""] else tenants


def _show(output: Output, name: str, flag: dict[str, Any]) -> None:
    if is_waiting(flag):
        show_waiting(output, f"flag {name}", flag)
        return
    by = flag["set"] or {}
    rows = {
        "what it does": flag["summary"],
        "tenants": flag["tenants"],
        "on for": _state(flag),
        "set by": by.get("by"),
        "because": by.get("reason"),
        "since": by.get("since"),
        "declared": _rollout(flag["declared"]),
        "while unreadable": "on" if flag["default"] else "off",
        "kind": f"{flag['kind']}, {flag['risk']} risk",
        "owner": flag["owner"],
        "added": flag["added"],
        "expires": flag["expires"] or "never",
        "asked for in": "\n".join(flag["used_in"]) or "no code",
    }
    output.show(flag, facts(f"flag {name}", rows))


def _state(flag: dict[str, Any]) -> str:
    return "nobody: killed" if flag["killed"] else _rollout(flag["now"])


def _rollout(rollout: dict[str, Any]) -> str:
    share = {0: "nobody", 100: "everybody"}.get(rollout["percent"], f"{rollout['percent']} %")
    if rollout["on_for"]:
        named = ", ".join(rollout["on_for"])
        share = f"{share} and {named}" if rollout["percent"] else f"{named} alone"
    return f"{share} but not {', '.join(rollout['off_for'])}" if rollout["off_for"] else share
