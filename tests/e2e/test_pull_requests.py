"""What bots note is one comment in a forge that is asked over HTTP; what policy allows is merged there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx

from cli.localforge.server import TAKE_IN, LocalServer
from cli.plane import ROOT
from tests.e2e.conftest import PULL_REQUEST, Person, World, comments, eventually, reviewed
from writ.gates.registry import names
from writ.policy.bundle import Bundle

SENT = json.loads(PULL_REQUEST)
REPOSITORY, NUMBER = SENT["repository"]["full_name"], SENT["number"]


def note(world: World, topic: str, text: str) -> None:
    """Another bot has something to say."""
    now = datetime.now(UTC).isoformat()
    detail = {
        "meta": {"id": f"e2e-{topic}-{now}", "time": now, "producer": topic},
        "data": {
            "repository": REPOSITORY,
            "pull_request": NUMBER,
            "topic": topic,
            "text": text,
            "noted_at": now,
        },
    }
    entry = {
        "EventBusName": world.plane.file.bus_name,
        "Source": f"writ.{topic}",
        "DetailType": "PullRequestNoted.v1",
        "Detail": json.dumps(detail),
    }
    assert world.plane.aws("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_notes_of_bots_at_once_are_one_comment_with_a_section_each(world: World, forge: LocalServer) -> None:
    for topic in ("preview", "gate", "canary"):
        note(world, topic, f"{topic} says hello to @octocat")
    eventually(lambda: sum(comment["body"].count("### ") for comment in comments(forge)) >= 3, 120)
    note(world, "gate", "gate passed")
    eventually(lambda: "> gate passed" in comments(forge)[0]["body"], 120)
    # Those that found the comment held come back in seconds, not when the queue lets them.
    eventually(lambda: "pr" not in world.pulse().queues, 60)
    (comment,) = comments(forge)
    assert "> preview says hello to @\u200boctocat" in comment["body"]
    assert "gate says hello" not in comment["body"]


def result(head: str, **changes: Any) -> dict[str, Any]:
    """What somebody says that gates found on the head: nothing."""
    return {
        "repository": REPOSITORY,
        "commit": head,
        "base": None,
        "at": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "verdict": "allow",
        "bundle": Bundle.load(ROOT / "policies").digest,
        "report": "1" * 64,
        "gates": [{"gate": name, "verdict": "allow", "violations": 0, "waived": 0} for name in names()],
        "violations": [],
        "total": 0,
        "exceptions": [],
        **changes,
    }


def test_pull_request_is_gated_and_merged_once_everything_stands(
    world: World, forge: LocalServer, operator: Person
) -> None:
    """What gates found keeps it open, with its place; then they pass, somebody approves, and it is merged."""
    told = SENT["pull_request"] | {
        "title": "docs: say more",
        "draft": False,
        "labels": [{"name": "automerge"}],
    }
    told["head"]["repo"] = {"full_name": REPOSITORY}
    httpx.post(forge.address + TAKE_IN, json={**SENT, "pull_request": told}).raise_for_status()
    head = reviewed(forge)["pulls"][str(NUMBER)]["head_sha"]
    outcomes = [{"gate": name, "verdict": "allow", "violations": 0, "waived": 0} for name in names()]
    denied = {**outcomes[0], "verdict": "deny", "violations": 1}
    violation = {"rule": "licences/forbidden", "effect": "deny", "fingerprint": "0" * 32, "path": "bom.json"}
    found = {"verdict": "deny", "total": 1, "violations": [violation], "gates": [denied, *outcomes[1:]]}
    assert operator("POST", "v1/gates/results", result(head, **found)).status_code == 201
    eventually(lambda: any(run["annotations"] for run in reviewed(forge)["checks"].values()), 120)
    said = "asked for, and 2 things against it"
    eventually(lambda: any(said in comment["body"] for comment in comments(forge)), 120)
    review = {
        "id": 7, "state": "approved", "commit_id": head, "author_association": "MEMBER",
        "user": {"login": "ann", "type": "User"},
    }  # fmt: skip
    httpx.post(forge.address + TAKE_IN, json={**SENT, "review": review}).raise_for_status()
    assert operator("POST", "v1/gates/results", result(head, report="2" * 64)).status_code == 201
    eventually(lambda: reviewed(forge)["pulls"][str(NUMBER)]["merged"], 120)

    def merges() -> list[Any]:
        taken = operator("GET", "v1/actions", bot="pr").json()["items"]
        return [action for action in taken if action["name"] == "merge-pull-request"]

    eventually(lambda: [merge["state"] for merge in merges()] == ["succeeded"], 120)
    kept = reviewed(forge)
    names_of = sorted(run["report"]["name"] for run in kept["checks"].values())
    assert names_of == ["writ/gates", "writ/pull-request"]
    assert kept["refs"]["refs/heads/master"] == kept["pulls"][str(NUMBER)]["merge_sha"]
