"""Releases on the running plane: led on, refused by a hook, asked of a person, taken back, and aborted.

All rollouts begin at once and share the one wait for the first minute of metrics. Their users are figures in
CloudWatch, as AWS writes them for each version: what is tried here is the plane, not the judge.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from cli.demo.rollout_load import ALIAS, deploy
from cli.localforge.server import LocalServer
from cli.operate import flow_runs
from tests.e2e.conftest import PULL_REQUEST, Person, World, comments, eventually

LONGEST: Final = 120
MINUTE: Final = timedelta(minutes=1)
# When the figures of a minute are looked at: it is over, and half of the next one is.
LOOKED_AT: Final = timedelta(seconds=91)
AGREES: Final = "service-e2e-agrees"
REFUSES: Final = "service-e2e-refuses"
SENT: Final = json.loads(PULL_REQUEST)
PULL: Final = {"repository": SENT["repository"]["full_name"], "pull_request": SENT["number"]}
WATCH: Final = {
    "criteria": {"metrics": [{"kind": "count", "name": "errors", "acceptable": 0.05}]},
    "sources": {"errors": {"metric": "Errors", "exposure": "Invocations"}},
    "stops": [{"metric": "errors", "objective": 0.98, "burn": 5, "least": 5}],
}
TIMES: Final = {"bake_s": 0, "verify_s": 0, "patience_s": 900}


def functions(name: str) -> tuple[str, str]:
    """The functions of a service, which move together."""
    return f"service-e2e-{name}-api", f"service-e2e-{name}-mail"


def plans(pause_s: int) -> dict[str, dict[str, Any]]:
    """How each service is rolled out, by its name; `pause_s` is over when the first figures are there."""
    step: dict[str, Any] = {"weight": 0.25, "pause_s": pause_s}
    return {
        "kept": {**TIMES, "steps": [{**step, "before": {"function": AGREES}}]},
        "refused": {**TIMES, "steps": [step, {"weight": 0.5, "before": {"function": REFUSES}}]},
        "gated": {**TIMES, "steps": [{**step, "gate": True}]},
        "baking": {**TIMES, "steps": [step], "bake_s": 3600},
        "aborted": {**TIMES, "steps": [{**step, "pause_s": 3600}]},
    }


def to_the_first_figures() -> int:
    """Seconds until a rollout that is asked for now can be judged: the minute it begins in is looked at."""
    now = datetime.now(UTC)
    begins = now + timedelta(seconds=2)
    return int((begins.replace(second=0, microsecond=0) + LOOKED_AT - now).total_seconds())


def hook(world: World, name: str, answer: Mapping[str, Any]) -> None:
    """A function that always says the same."""
    client, code = world.plane.aws("lambda"), io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", f"def handler(event, _):\n    print(event)\n    return {dict(answer)}\n")
    made = client.get_function_configuration(FunctionName=functions("kept")[0])
    client.create_function(
        FunctionName=name,
        Runtime=made["Runtime"],
        Role=made["Role"],
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
    )


def used(world: World, since: datetime) -> None:
    """Both versions of every function have users in these minutes, and none of them meets an error."""
    names = [function for name in plans(0) for function in functions(name)]
    data = [
        {
            "MetricName": metric,
            "Dimensions": [
                {"Name": "FunctionName", "Value": function},
                {"Name": "Resource", "Value": f"{function}:{ALIAS}"},
                {"Name": "ExecutedVersion", "Value": version},
            ],
            "Timestamp": since + MINUTE * minute,
            "Value": value,
            "Unit": "Count",
        }
        for function in names
        for version in ("1", "2")
        for minute in range(4)
        for metric, value in (("Invocations", 500.0), ("Errors", 0.0))
    ]
    world.plane.aws("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=data)


@pytest.fixture(scope="module")
def begun(world: World, operator: Person, forge: LocalServer) -> dict[str, str]:
    """The ids of the rollouts, by the names of their plans; the refused one tells a pull request."""
    for name in plans(0):
        for function in functions(name):
            assert deploy(world.plane, function, "good") == ("1", "2")
    hook(world, AGREES, {"ok": True})
    hook(world, REFUSES, {"ok": False, "detail": "the smoke test fails"})
    used(world, datetime.now(UTC).replace(second=0, microsecond=0))
    ids = {}
    for name in plans(0):
        service, mine = f"e2e-{name}", functions(name)
        body = {
            "group": {"service": service, "alias": ALIAS, "functions": mine},
            "release": {"id": f"{name}-2", "versions": dict.fromkeys(mine, "2")},
            "plan": plans(to_the_first_figures())[name],
            "watch": WATCH,
            **(PULL if name == "refused" else {}),
        }
        answer = operator("POST", "v1/rollouts", body)
        assert answer.status_code == 202, answer.text
        ids[name] = answer.json()["id"]
    assert operator("POST", "v1/rollouts", body).json()["code"] == "conflict.rollout"
    return ids


def served(world: World, name: str) -> list[tuple[str, dict[str, float]]]:
    """The version of the alias of each function of a service, and the weights of others."""
    found = [
        world.plane.aws("lambda").get_alias(FunctionName=function, Name=ALIAS) for function in functions(name)
    ]
    return [
        (each["FunctionVersion"], (each.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {})
        for each in found
    ]


def ended(world: World, person: Person, begun: Mapping[str, str], name: str) -> dict[str, Any]:
    """A rollout that is over: one version has everything everywhere, and every transition has its end."""

    def over() -> Any:
        shown = person("GET", f"v1/rollouts/{begun[name]}").json()
        return shown if shown["final"] else None

    shown: dict[str, Any] = eventually(over, LONGEST)
    version = "2" if shown["final"] == "promoted" else "1"
    assert served(world, name) == [(version, {})] * 2, shown
    assert [entry for entry in shown["trail"] if entry["end"] is None or entry["ended_at"] is None] == []
    assert [entry["seq"] for entry in shown["trail"]] == list(range(len(shown["trail"])))
    return shown


def flows(world: World, id: str) -> dict[str, str]:
    """How the flows of a rollout ended, by their names."""

    def over() -> Any:
        mine = [run for run in flow_runs.runs(world.plane, 10_000) if run.name == id]
        return mine if mine and all(run.ended for run in mine) else None

    return {run.flow: run.state for run in eventually(over, 60)}


def incident(person: Person, id: str) -> dict[str, Any]:
    """The record of why a release was taken back."""

    def there() -> Any:
        answer = person("GET", f"v1/incidents/{id}")
        return answer.json() if answer.status_code == 200 else None

    found: dict[str, Any] = eventually(there)
    return found


def kinds(shown: Mapping[str, Any]) -> list[str]:
    """What was done, in order. A reversal waits for nobody: the next one takes it over, or repeats it."""
    assert {entry["kind"] for entry in shown["trail"] if entry["end"] == "superseded"} <= {"revert"}
    done = [entry["kind"] for entry in shown["trail"] if entry["end"] != "superseded"]
    return [
        kind for kind, before in zip(done, ["", *done], strict=False) if (kind, before) != ("revert",) * 2
    ]


def test_a_rollout_that_is_aborted_in_its_pause_goes_back(
    world: World, operator: Person, begun: dict[str, str]
) -> None:
    eventually(lambda: served(world, "aborted") == [("1", {"2": 0.25})] * 2, 60)
    eventually(lambda: operator("GET", f"v1/rollouts/{begun['aborted']}").json()["state"] == "watching")
    place = f"v1/rollouts/{begun['aborted']}/abort"
    assert operator("POST", place, {"reason": "wrong release"}).status_code == 202
    # The way back waits for nobody, nor does who lets go of the lock for the flow, which sleeps for a minute.
    eventually(lambda: served(world, "aborted") == [("1", {})] * 2, 40)
    shown = ended(world, operator, begun, "aborted")
    reverted = next(entry for entry in shown["trail"] if (entry["kind"], entry["end"]) == ("revert", "done"))
    held = datetime.fromisoformat(shown["closed_at"]) - datetime.fromisoformat(reverted["ended_at"])
    assert held < MINUTE / 3, held
    assert flows(world, begun["aborted"]) == {"canary-release": "succeeded"}
    assert (shown["final"], kinds(shown)) == ("reverted", ["start", "shift", "revert", "close"])
    assert "wrong release" in shown["reason"]
    assert operator("POST", place, {"reason": "again"}).json()["field"] == "id"
    assert "wrong release" in incident(operator, begun["aborted"])["reason"]


def test_a_release_whose_hook_agrees_and_that_is_harmless_is_promoted_and_has_nowhere_to_go_back_to(
    world: World, operator: Person, begun: dict[str, str]
) -> None:
    shown = ended(world, operator, begun, "kept")
    assert (shown["final"], shown["healthy"]) == ("promoted", True)
    assert kinds(shown) == ["start", "hook", "shift", "promote", "close"]
    assert flows(world, begun["kept"]) == {"canary-release": "succeeded"}
    assert operator("GET", f"v1/incidents/{begun['kept']}").status_code == 404
    # The version that it took the place of was never rolled out, so nothing proves that it is good.
    refused = operator("POST", "v1/rollbacks", {"service": "e2e-kept", "reason": "users complain"})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found.release")
    assert served(world, "kept") == [("2", {})] * 2


def test_a_release_that_a_hook_refuses_goes_back_and_its_pull_request_is_told(
    world: World, operator: Person, begun: dict[str, str], forge: LocalServer
) -> None:
    shown = ended(world, operator, begun, "refused")
    assert (shown["final"], kinds(shown)) == ("reverted", ["start", "shift", "hook", "revert", "close"])
    assert [entry["kind"] for entry in shown["trail"] if entry["end"] == "failed"] == ["hook"]
    assert "the smoke test fails" in shown["reason"]
    opened = incident(operator, begun["refused"])
    assert (opened["service"], opened["reason"]) == ("e2e-refused", shown["reason"])
    assert opened["severity"] == ("minor" if shown["healthy"] else "major")
    assert flows(world, begun["refused"]) == {"canary-release": "succeeded"}
    said = f"Incident **{begun['refused']}**"
    (comment,) = eventually(lambda: [each for each in comments(forge) if said in each["body"]], 60)
    assert "the smoke test fails" in comment["body"]
    assert f"GET /v1/incidents/{begun['refused']}" in comment["body"]


def test_a_gate_waits_for_a_person_and_then_the_rollout_goes_on(
    world: World, operator: Person, colleague: Person, begun: dict[str, str]
) -> None:
    def asked() -> Any:
        waiting = operator("GET", "v1/actions", state="waiting", bot="canary").json()["items"]
        return next((each for each in waiting if each["target"]["id"] == begun["gated"]), None)

    gate = eventually(asked, LONGEST)
    assert gate["name"] == "open-gate"
    assert served(world, "gated") == [("1", {"2": 0.25})] * 2
    place = f"v1/actions/{gate['id']}/approve"
    own = operator("POST", place, {"reason": "mine is good"})
    assert (own.status_code, own.json().get("code")) == (403, "forbidden.four_eyes"), own.text
    approved = colleague("POST", place, {"reason": "looks good"})
    assert approved.status_code in (200, 202), approved.text
    shown = ended(world, operator, begun, "gated")
    assert (shown["final"], kinds(shown)) == ("promoted", ["start", "shift", "gate", "promote", "close"])
    assert flows(world, begun["gated"]) == {"canary-release": "succeeded"}


def test_a_rollback_takes_back_what_has_everything_and_opens_an_incident(
    world: World, operator: Person, begun: dict[str, str]
) -> None:
    id = begun["baking"]
    eventually(lambda: operator("GET", f"v1/rollouts/{id}").json()["state"] == "baking", LONGEST)
    assert served(world, "baking") == [("2", {})] * 2
    asked = operator("POST", "v1/rollbacks", {"service": "e2e-baking", "reason": "users complain"})
    assert (asked.status_code, asked.json()["id"]) == (202, id), asked.text
    shown = ended(world, operator, begun, "baking")
    assert (shown["final"], shown["driver"]) == ("reverted", "rollback")
    assert kinds(shown) == ["start", "shift", "promote", "revert", "close"]
    assert "users complain" in incident(operator, id)["reason"]


def test_everything_that_was_done_for_rollouts_is_proved(
    world: World, operator: Person, begun: dict[str, str]
) -> None:
    world.verified()
    for id in begun.values():
        shown = operator("GET", f"v1/rollouts/{id}").json()
        for entry in shown["trail"]:
            action = operator("GET", f"v1/actions/{entry['action']}").json()
            known = {"succeeded", "failed"} if entry["end"] == "superseded" else {"succeeded"}
            assert action["outcome"]["status"] in known, (id, entry)
    assert world.pulse().dead == {}
