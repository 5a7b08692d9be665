"""`writ policy freezes` and `writ policy exceptions`: what people set for policy, by the API."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from cli import moments
from cli.api import Api
from cli.output import JsonFlag, Output, UsageError, facts, reporting, table
from cli.plane import Plane
from cli.waiting import is_waiting, show_waiting

freezes = typer.Typer(no_args_is_help=True, help="Times in which medium and high risk is held.")
exceptions = typer.Typer(no_args_is_help=True, help="Rules that are waived, where and until when.")

FREEZES = "v1/policy/freezes"
EXCEPTIONS = "v1/policy/exceptions"

FreezeId = Annotated[str, typer.Argument(metavar="FREEZE", help="A name of its own: year-end, say.")]
ExceptionId = Annotated[str, typer.Argument(metavar="EXCEPTION", help="A name of its own: migration, say.")]
Owner = Annotated[str, typer.Option(help="The team that answers for it.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it goes into the evidence.")]
Bots = Annotated[str, typer.Option("--bot", help="For which bots: * and ? match anything.")]
Actions = Annotated[str, typer.Option("--action", help="For which actions.")]
Targets = Annotated[str, typer.Option("--target", help="For which targets, as kind:id.")]
_FORM: Final = f"When it ends, in the form of {moments.EXAMPLE}"
FreezeUntil = Annotated[str, typer.Option(help=f"{_FORM}; 366 days ahead at most, 1830 if it comes again.")]
ExceptionUntil = Annotated[str, typer.Option(help=f"{_FORM}; 90 days ahead at most.")]
Names = Annotated[list[str] | None, typer.Option(help="Held alone; may be repeated. Everything if absent.")]


@freezes.command("list")
def list_freezes(as_json: JsonFlag = False) -> None:
    """Freezes that have not ended."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items(FREEZES, 1000))
        rows = [
            (
                f["id"],
                "in force" if f["in_force"] else "later",
                *_times(f),
                _repeats(f),
                ", ".join(f["scope"]["bots"]) or "all",
                ", ".join(f["scope"]["actions"]) or "all",
                f["owner"],
                f["reason"],
            )
            for f in found
        ]
        columns = ("freeze", "state", "from", "until", "repeats", "bots", "actions", "owner", "reason")
        output.show({"items": found}, table(None, columns, rows))


@freezes.command()
def declare(
    freeze: FreezeId,
    *,
    owner: Owner,
    reason: Why,
    until: FreezeUntil,
    start: Annotated[str | None, typer.Option("--from", help="When it begins; at once if absent.")] = None,
    weekly: Annotated[
        str | None,
        typer.Option(metavar="FROM/TO", help="Every week, until it ends: fri 16:00/mon 07:00, say."),
    ] = None,
    yearly: Annotated[
        str | None,
        typer.Option(metavar="FIRST/LAST", help="Every year, both days included: 12-20/01-02, say."),
    ] = None,
    holidays: Annotated[
        str | None, typer.Option(metavar="CALENDAR", help="On every holiday: germany, say.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Whose wall clock a repeated one goes by.")] = "Etc/UTC",
    bot: Names = None,
    action: Names = None,
    as_json: JsonFlag = False,
) -> None:
    """Hold medium and high risk for a time, or whenever a time comes again until then."""
    body: dict[str, Any] = {
        "id": freeze,
        "scope": {"bots": bot or [], "actions": action or []},
        "owner": owner,
        "reason": reason,
    }
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        if repeats := _asked(weekly, yearly, holidays):
            body["repeats"] = repeats | {"zone": zone}
        body["starts_at"] = None if start is None else moments.moment(start, "--from").isoformat()
        body["ends_at"] = moments.moment(until, "--until").isoformat()
        _show(output, f"freeze {freeze}", api.post(FREEZES, body))


def _asked(weekly: str | None, yearly: str | None, holidays: str | None) -> dict[str, str] | None:
    """When a freeze comes again. Raises UsageError for more than one, and for one that is no span."""
    given = {"weekly": weekly, "yearly": yearly, "holidays": holidays}
    named = {kind: text for kind, text in given.items() if text is not None}
    if not named:
        return None
    if len(named) > 1:
        raise UsageError("a freeze comes again in one way", field=f"--{list(named)[1]}")
    ((kind, text),) = named.items()
    if kind == "holidays":
        return {"kind": kind, "calendar": text}
    first, slash, last = (part.strip() for part in text.partition("/"))
    if not (first and slash and last):
        raise UsageError("it is FROM/TO, with a slash", field=f"--{kind}")
    return {"kind": kind, "first": first, "last": last}


def _times(freeze: dict[str, Any]) -> tuple[str, str]:
    """From when until when it holds next, or now."""
    held = freeze.get("occurrence") or freeze
    return held["starts_at"], held["ends_at"]


def _repeats(freeze: dict[str, Any]) -> str:
    repeats = freeze.get("repeats")
    if not repeats:
        return "–"
    if repeats["kind"] == "holidays":
        when = f"holidays of {repeats['calendar']['name']}"
    else:
        when = f"{repeats['kind']}, {repeats['first']} to {repeats['last']}"
    return f"{when} ({repeats['zone']}), until {freeze['ends_at'][:10]}"


@freezes.command()
def lift(freeze: FreezeId, reason: Why, as_json: JsonFlag = False) -> None:
    """End a freeze before its time; while one is in force a second person decides."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, f"freeze {freeze}", api.delete(f"{FREEZES}/{freeze}", reason=reason))


@exceptions.command("list")
def list_exceptions(as_json: JsonFlag = False) -> None:
    """Exceptions that have not expired."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = list(api.items(EXCEPTIONS, 1000))
        rows = [
            (
                e["id"],
                e["rule"],
                e["scope"]["bot"],
                e["scope"]["action"],
                e["scope"]["target"],
                e["expires_at"],
                e["owner"],
                e["reason"],
            )
            for e in found
        ]
        columns = ("exception", "rule", "bot", "action", "target", "until", "owner", "reason")
        output.show({"items": found}, table(None, columns, rows))


@exceptions.command()
def grant(
    exception: ExceptionId,
    *,
    rule: Annotated[str, typer.Option(help="The rule to waive: limit_per_hour, say.")],
    owner: Owner,
    reason: Why,
    until: ExceptionUntil,
    bot: Bots,
    action: Actions = "*",
    target: Targets = "*",
    as_json: JsonFlag = False,
) -> None:
    """Ask for a rule to be waived; a second person grants it."""
    body = {
        "id": exception,
        "rule": rule,
        "scope": {"bot": bot, "action": action, "target": target},
        "owner": owner,
        "reason": reason,
    }
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        body["expires_at"] = moments.moment(until, "--until").isoformat()
        _show(output, f"exception {exception}", api.post(EXCEPTIONS, body))


@exceptions.command()
def revoke(exception: ExceptionId, reason: Why, as_json: JsonFlag = False) -> None:
    """End an exception before its time."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, f"exception {exception}", api.delete(f"{EXCEPTIONS}/{exception}", reason=reason))


def _show(output: Output, title: str, done: dict[str, Any]) -> None:
    """What holds now, or which action waits for whom."""
    if is_waiting(done):
        show_waiting(output, title, done)
    else:
        output.show(done, facts(title, {name: _text(value) for name, value in done.items()}))


def _text(value: object) -> object:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_text(item) or 'all'}" for name, item in value.items())
    if isinstance(value, list):
        named = (item.get("message", item) if isinstance(item, dict) else item for item in value)
        return ", ".join(str(item) for item in named)
    return value
