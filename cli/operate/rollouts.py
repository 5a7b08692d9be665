"""`writ canary start|status|abort` and `writ rollback`: releases rolled out and back, by the API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group

from cli.api import Api
from cli.operate.canary_picture import decided
from cli.operate.given import read_object
from cli.output import JsonFlag, Output, facts, reporting, table
from cli.plane import Plane
from cli.waiting import is_waiting, show_waiting

RolloutId = Annotated[str, typer.Argument(metavar="ROLLOUT", help="The id of a rollout.")]
Reason = Annotated[str, typer.Option(help="Why; it stays in evidence.")]


def start(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Group, release, plan and watch as JSON.", dir_okay=False)
    ],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Roll a release out, step by step."""
    with reporting(as_json) as output:
        body = read_object(file)
        with Api.of(Plane.load()) as api:
            begun = api.post("v1/rollouts", body)
        if is_waiting(begun):
            show_waiting(output, "rollout", begun)
        else:
            output.show(begun, facts("rollout", _brief(begun)))


def status(
    rollout: Annotated[
        str | None, typer.Argument(metavar="ROLLOUT", help="The id of one; the newest of all if absent.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """How far rollouts are; of one also every transition, and the judgement that decided the last of them."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        if rollout is None:
            items = list(api.items("v1/rollouts", 1000))
            output.show({"items": items}, _listed(items))
            return
        found = api.get(f"v1/rollouts/{rollout}")
        coming = found["next"]
        parts = [facts(rollout, {**_brief(found), **_coming(coming)}), _trail(found["trail"])]
        drawn = decided(found["looks"])
        output.show(found, Group(*parts, *([drawn] if drawn is not None else [])))
        if coming is not None and coming["action"]:
            output.note(f"a person decides: writ actions approve {coming['action']} --reason …")


def abort(rollout: RolloutId, *, reason: Reason, as_json: JsonFlag = False) -> None:
    """Have a rollout reverted, whatever it waits for."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        _show(output, api.post(f"v1/rollouts/{rollout}/abort", {"reason": reason}))


def rollback(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="Which service.")],
    *,
    reason: Reason,
    release: Annotated[
        str | None, typer.Option(help="To which release; the newest good one if absent.")
    ] = None,
    dependants: Annotated[
        bool, typer.Option("--dependants", help="Services that call it go back first.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Take a service back: out of its open rollout, or to an earlier release with good evidence."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        body = {"service": service, "reason": reason, "release": release, "dependants": dependants}
        _show(output, api.post("v1/rollbacks", body))


def _show(output: Output, answer: dict[str, Any]) -> None:
    if is_waiting(answer):
        show_waiting(output, "asked for", answer)
    else:
        output.show(answer, facts("asked for", answer))


def _brief(rollout: dict[str, Any]) -> dict[str, object]:
    return {
        "rollout": rollout["id"],
        "service": rollout["service"],
        "release": f"{rollout['baseline']} to {rollout['candidate']}",
        "state": rollout["state"],
        "weight": f"{rollout['weight']:.0%}",
        "because": rollout["reason"],
    }


def _coming(coming: dict[str, Any] | None) -> dict[str, object]:
    """What an open rollout waits for, and what its metrics say so far."""
    if coming is None:
        return {}
    said = "; ".join(coming["seen"])
    seen = f"judge {coming['verdict']}, objectives {coming['health']}"
    return {
        "next": coming["reason"],
        "until": coming["until"],
        "seen now": f"{seen}: {said}" if said else seen,
    }


def _listed(items: list[dict[str, Any]]) -> Any:
    columns = ("=rollout", "service", "release", "state", ">weight", "because")
    rows = [
        (i["id"], i["service"], i["candidate"], i["state"], f"{i['weight']:.0%}", i["reason"]) for i in items
    ]
    return table(None, columns, rows)


def _trail(trail: list[dict[str, Any]]) -> Any:
    columns = (">#", "at", "what", ">weight", "ended", "because", "=action")
    rows = [
        (
            entry["seq"],
            str(entry["at"])[11:19],
            entry["kind"],
            f"{entry['goal']['candidate']:.0%}",
            entry["end"] or "…",
            entry["reason"],
            entry["action"],
        )
        for entry in trail
    ]
    return table(None, columns, rows)
