"""`writ demo canary`: four releases rolled out on the running plane; the bad ones come back, proven."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.api import Api
from cli.demo.rollout_evidence import Signed, signed
from cli.demo.rollout_load import ALIAS, CANDIDATES, SLOW_S, Users, deploy, wait
from cli.local.run import Proof, prove
from cli.local.watch import pulse
from cli.local.watch import wait as come_to_rest
from cli.operate.canary_picture import decided
from cli.output import CommandError, JsonFlag, reporting, table
from cli.plane import Plane, calling
from cli.progress import Bars

_PLAN: Final = {
    "steps": [{"weight": 0.4, "pause_s": 60}],
    "bake_s": 60,
    "verify_s": 60,
    "patience_s": 900,
}
_WATCH: Final = {
    "criteria": {
        "metrics": [
            {"kind": "count", "name": "errors", "acceptable": 0.05},
            {"kind": "count", "name": "slow", "acceptable": 0.05},
            # One value a minute is too few to settle anything in a demonstration: it is shown.
            {
                "kind": "distribution",
                "name": "latency",
                "unit": "ms",
                "allowed": 2,
                "harmful": 4,
                "required": False,
            },
        ]
    },
    "sources": {
        "errors": {"metric": "Errors", "exposure": "Invocations"},
        "slow": {"metric": "Slow", "exposure": "Invocations"},
        "latency": {"metric": "Duration", "statistic": "p90"},
    },
    "stops": [
        {"metric": "errors", "objective": 0.98, "burn": 5, "least": 5},
        {"metric": "slow", "objective": 0.95, "burn": 10, "least": 5},
    ],
}
_EXPECTED: Final = {name: "promoted" if name == "good" else "reverted" for name in CANDIDATES}


def canary(
    minutes: Annotated[int, typer.Option(min=3, max=60, help="When to give up.")] = 15,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Roll out a good release and three bad ones, with users; the emulator's aliases do not split them."""
    with reporting(as_json) as output:
        plane = Plane.load()
        if plane.file.aws_endpoint_url is None:
            raise CommandError(
                "the demonstration deploys functions: it is for a local plane", code="plane.remote"
            )
        with Bars(output) as bars, calling("rolling releases out"), Api.of(plane) as api:
            bars.step("deploying four services, each with a release and a candidate")
            ids = {name: _start(plane, api, name) for name in CANDIDATES}
            bars.step("users come: split by the weights of the aliases, which the emulator does not do")
            with Users(plane, [_function(name) for name in CANDIDATES]) as users:
                ended = _watch(api, ids, time.monotonic() + minutes * 60)
            bars.step("waiting for every outcome and its checkpoint")
            come_to_rest(lambda: pulse(plane))
            proof = prove(plane, [], bars)
        held = {name: signed(proof.copy, each) for name, each in ended.items()}
        output.show(
            {
                "rollouts": ended,
                "served": dict(users.served),
                "hurt": dict(users.hurt),
                "evidence": _evidence(proof, held),
            },
            Group(*_decisions(ended), _picture(ended, users), _proven(proof, held)),
        )
        proven = proof.report.ok and all(each.whole and each.looks_of for each in held.values())
        if not proven or {name: each["final"] for name, each in ended.items()} != _EXPECTED:
            output.found_problem()


def _function(name: str) -> str:
    return f"service-demo-{name}"


def _start(plane: Plane, api: Api, name: str) -> str:
    function = _function(name)
    _, candidate = deploy(plane, function, name)
    body: dict[str, Any] = {
        "group": {"service": f"demo-{name}", "alias": ALIAS, "functions": [function]},
        "release": {"id": f"{name}-{int(time.time())}", "versions": {function: candidate}},
        "plan": _PLAN,
        "watch": _WATCH,
    }
    return str(api.post("v1/rollouts", body)["id"])


def _watch(api: Api, ids: dict[str, str], until: float) -> dict[str, dict[str, Any]]:
    """The rollouts when all are over, or the time is."""
    while True:
        found = {name: api.get(f"v1/rollouts/{id}") for name, id in ids.items()}
        if all(each["final"] for each in found.values()) or time.monotonic() > until:
            return found
        wait(3)


def _decisions(ended: dict[str, dict[str, Any]]) -> Iterator[RenderableType]:
    """Of each rollout the judgement that decided its last move."""
    for name, each in ended.items():
        drawn = decided(each["looks"])
        yield Text.assemble((f"{name}: {each['id']}", "bold underline"))
        yield drawn if drawn is not None else Text("  no judgement decided a move", style="red")
        yield Text()


def _evidence(proof: Proof, held: dict[str, Signed]) -> dict[str, Any]:
    found = {name: asdict(each) for name, each in held.items()}
    return {"checkpoint": proof.checkpoint, "faults": proof.report.faults, "rollouts": found}


def _proven(proof: Proof, held: dict[str, Signed]) -> RenderableType:
    """What the copy of the log says of it, verified offline."""
    size, faults = proof.report.checkpoint.size, proof.report.faults
    rows = [("✔" if each.whole and each.looks_of else "✘", name, each.words) for name, each in held.items()]
    mark, style = ("✔", "green") if proof.report.ok else ("✘", "red")
    return Group(
        Text(f"\n{mark} {size} entries verified offline, {faults} faults", style=style),
        table(None, ("", "candidate", "signed in the log"), rows),
    )


def _picture(ended: dict[str, dict[str, Any]], users: Users) -> RenderableType:
    rows = []
    for name, each in ended.items():
        function = _function(name)
        hurt, served = users.hurt[function], users.served[function]
        right = each["final"] == _EXPECTED[name]
        rows.append(
            (
                "✔" if right else "✘",
                name,
                each["final"] or each["state"],
                _seconds(each),
                f"{hurt} of {served}",
                each["reason"],
                each["id"],
            )
        )
    columns = ("", "candidate", "ended", ">seconds", ">users hurt", "because", "=rollout")
    note = (
        f"  hurt: an error, or slower than {SLOW_S * 1000:.0f} ms by the function's own clock. AWS splits\n"
        "  the traffic of a weighted alias; the emulator does not: the users read the alias and draw\n"
        "  a version by its weights."
    )
    return Group(table(None, columns, rows), Text(note, style="dim"))


def _seconds(rollout: dict[str, Any]) -> str:
    """From the start of a rollout to the last move of its aliases."""
    moves = [entry for entry in rollout["trail"] if entry["kind"] in ("shift", "promote", "revert")]
    ends = [entry["ended_at"] for entry in moves if entry["ended_at"]]
    if not ends:
        return ""
    began = datetime.fromisoformat(rollout["started_at"])
    return f"{(datetime.fromisoformat(ends[-1].replace('Z', '+00:00')) - began).total_seconds():.0f}"
