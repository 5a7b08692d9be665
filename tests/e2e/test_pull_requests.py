"""What bots note is one comment in a forge that is asked over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from cli.localforge.server import LocalServer
from tests.e2e.conftest import PULL_REQUEST, World, comments, eventually

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
    world.settle()
    (comment,) = comments(forge)
    assert "> preview says hello to @\u200boctocat" in comment["body"]
    assert "gate says hello" not in comment["body"]
