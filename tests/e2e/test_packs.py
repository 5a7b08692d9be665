"""An evidence pack from a deployed plane: asked for, fetched by its link, verified by what is in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.operate import flow_runs
from tests.e2e.conftest import Person, World, eventually
from tests.e2e.test_people import failing
from tests.support.packs import run_verifier, unpack
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify_bundle import IdentityPolicy, verify_bundle
from writ.ledger.verify_pack import verify_pack


@pytest.fixture(scope="module")
def question(world: World) -> dict[str, str]:
    """A time in which something happened, and which is over; nothing that was erased is of it."""
    began = datetime.now(UTC)
    world.send(failing("packed"))
    world.settle()
    ended = datetime.now(UTC)
    world.send(failing("after"))  # a later checkpoint, so that the one before is an earlier one
    world.settle()
    return {"since": began.isoformat(), "until": ended.isoformat()}


def made(operator: Person, body: dict[str, Any]) -> dict[str, Any]:
    """A pack that is ready."""
    answer = operator("POST", "v1/evidence/packs", body)
    assert answer.status_code == 202, answer.text
    place = answer.headers["Location"]

    def ready() -> Any:
        shown = operator("GET", place).json()
        assert shown["state"] in {"running", "ready"}, shown
        return shown if shown["state"] == "ready" else None

    shown: dict[str, Any] = eventually(ready, 120)
    return shown


def test_pack_is_made_fetched_and_verified(
    world: World, operator: Person, question: dict[str, str], tmp_path: Path
) -> None:
    shown = made(operator, question)
    answer = httpx.get(shown["link"], timeout=30)
    assert answer.status_code == 200, answer.text
    data = answer.content
    assert (sha256(data).hexdigest(), len(data)) == (shown["sha256"], shown["bytes"])
    root = operator("GET", "v1/log/trust-root").content
    trust = read_trust(root)
    verified = verify_pack(data, trust)
    assert len(verified.items) == shown["statements"] >= 2
    assert {item.kind.value for item in verified.items} == {"bundle"}
    assert verified.earlier

    held = tmp_path / "trust.json"
    held.write_bytes(root)
    done = run_verifier(unpack(data, tmp_path / "pack"), "--trust", str(held))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout

    world.settle()
    receipt = eventually(lambda: _found(operator, f"v1/evidence/{shown['evidence']}/bundle"))
    statement = verify_bundle(receipt.content, trust, IdentityPolicy("packs")).statement
    assert statement.predicate.outcome is not None
    assert statement.predicate.outcome.observed["sha256"] == shown["sha256"]


def test_pack_is_made_by_a_flow_of_its_name(world: World, operator: Person, question: dict[str, str]) -> None:
    shown = made(operator, question)
    states = world.plane.aws("stepfunctions")
    machine = next(
        found["stateMachineArn"]
        for found in states.list_state_machines()["stateMachines"]
        if found["name"] == world.plane.thing("evidence-pack")
    )
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{shown['id']}"
    run = eventually(lambda: _over(states, arn))
    assert (run["status"], json.loads(run["output"])["pack"]) == ("SUCCEEDED", shown["id"])
    done = operator("GET", "v1/actions", bot="packs", limit="100").json()["items"]
    steps = [action for action in done if action["target"]["id"] == shown["id"]]
    assert {action["name"] for action in steps} == {"start-export", "export-part", "seal-pack"}


def test_flow_that_failed_says_why_and_is_started_again(world: World) -> None:
    states, pack = world.plane.aws("stepfunctions"), f"pack-{'f' * 32}"  # there is none
    machine = dict(flow_runs._machines(world.plane))["evidence-pack"]
    states.start_execution(stateMachineArn=machine, name=pack, input=json.dumps({"pack": pack}))
    first = eventually(lambda: _failed(world, pack), 60)
    assert (first.code, [state for _, state in first.states][-1]) == ("pack.gone", "Failed")
    assert flow_runs.start_again(world.plane, pack) == f"{pack}_2"
    second = eventually(lambda: _failed(world, f"{pack}_2"), 60)
    assert second.given == first.given == {"pack": pack}


def _failed(world: World, execution: str) -> Any:
    run = flow_runs.find(world.plane, execution)
    return flow_runs.story(world.plane, run) if run.state == "failed" else None


def _over(states: Any, arn: str) -> Any:
    run = states.describe_execution(executionArn=arn)
    return run if run["status"] != "RUNNING" else None


def test_link_is_good_for_that_file_only(operator: Person, question: dict[str, str]) -> None:
    shown = made(operator, question)
    link = shown["link"]
    for forged in (link.replace(shown["id"], "pack-" + "0" * 32), link.partition("?")[0], link[:-1]):
        assert httpx.get(forged, timeout=30).status_code in {400, 403}


def test_what_nothing_is_about_is_not_found(operator: Person) -> None:
    for body in ({"customer": "nobody"}, {"subject": "0" * 64}):
        answer = operator("POST", "v1/evidence/packs", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found.evidence")


def _found(operator: Person, path: str) -> httpx.Response | None:
    answer = operator("GET", path)
    return answer if answer.status_code == 200 else None
